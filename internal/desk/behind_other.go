//go:build !linux

package desk

// Behind calls start. Where priorities are a process's, a desk process has that
// of its line process.
func Behind(start func() error) error { return start() }
