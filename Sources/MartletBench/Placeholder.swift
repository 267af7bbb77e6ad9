// The load generator's first file comes with it.
