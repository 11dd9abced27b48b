"""Does it work untuned? The same small net with the defaults of each library, on many data sets."""
