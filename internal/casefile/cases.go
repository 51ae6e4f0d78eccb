package casefile

import (
	"embed"
	"io/fs"
)

//go:embed cases/*.case
var cases embed.FS

// Cases gives the case files that come with the program.
func Cases() fs.FS {
	sub, err := fs.Sub(cases, "cases")
	if err != nil {
		panic(err) // a folder that go:embed put there
	}
	return sub
}
