Nb
alicetypingx