package line

import (
	"flag"
	"os"
	"testing"
)

// A check of a property here plays some hundred ticks of real cryptography. So
// the usual hundred checks are for -rapid.checks; a plain run does fewer.
func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("rapid.checks"); f != nil && f.Value.String() == f.DefValue {
		if err := f.Value.Set("12"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
