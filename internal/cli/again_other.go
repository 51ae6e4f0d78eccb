//go:build !unix

package cli

// again is nothing here: a process cannot be put in the place of another.
var again func(env string) error
