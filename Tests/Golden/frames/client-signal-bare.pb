°m"

bob