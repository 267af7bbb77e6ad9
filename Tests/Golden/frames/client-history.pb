J

bob