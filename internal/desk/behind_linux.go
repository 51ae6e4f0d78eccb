package desk

import (
	"runtime"
	"syscall"
)

// Behind calls start, which starts a desk process, so that it goes behind its
// line process wherever both want the processor: what somebody does at the desk
// delays no tick. A machine that does not allow it goes on as it is.
func Behind(start func() error) error {
	out := make(chan error)
	go func() {
		// A priority is a thread's on Linux, and what the thread starts inherits it.
		// The thread ends with this goroutine, which never gives it back.
		runtime.LockOSThread()
		syscall.Setpriority(syscall.PRIO_PROCESS, 0, deskNice)
		out <- start()
	}()
	return <-out
}

const deskNice = 5
