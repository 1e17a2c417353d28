"""From a recorded graph to a program: trace a function once, guard what it took for granted, replay it."""
