package main

func (w *worker) fds(b *bundle) result { return result{} }
