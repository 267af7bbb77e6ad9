À>R
bob
caroldaveeve