Z
d.e.f