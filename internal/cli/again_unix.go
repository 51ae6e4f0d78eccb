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

// yield lets the desk process go behind the line process wherever both want the
// processor, so that what somebody does at the desk delays no tick. A machine that
// does not allow it goes on as it is.
func yield(pid int) { syscall.Setpriority(syscall.PRIO_PROCESS, pid, 5) }
