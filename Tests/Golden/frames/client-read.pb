 2
team€