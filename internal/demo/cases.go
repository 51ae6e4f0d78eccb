package demo

import (
	"io/fs"
	"os"
)

// Cases gives the cases that the demo plays.
func Cases() fs.FS { return os.DirFS("/work/main/internal/casefile/cases") }
