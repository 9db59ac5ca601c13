"""The rules of what shoppers do: which kinds of events there are, and how a batch of them is read."""
