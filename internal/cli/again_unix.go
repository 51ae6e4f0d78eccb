//go:build unix

package cli

import (
	"os"
	"strings"
	"syscall"

	"backchannel/internal/fault"
)

// again puts this program in the place of this process, with one more variable.
// It returns only if that fails.
func again(env string) error {
	exe, err := os.Executable()
	if err == nil {
		name, _, _ := strings.Cut(env, "=")
		var all []string
		for _, v := range os.Environ() {
			if !strings.HasPrefix(v, name+"=") {
				all = append(all, v)
			}
		}
		err = syscall.Exec(exe, os.Args, append(all, env))
	}
	return fault.Wrap(err, fault.Internal, "cli.again", "", "the program cannot start itself anew")
}
