j

host:1