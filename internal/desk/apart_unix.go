//go:build unix

package desk

import (
	"net"
	"os"
	"syscall"

	"backchannel/internal/fault"
)

// WayTo makes a way to another process that has no name and that nobody else can
// find: start starts the process with the other end.
func WayTo(start func(theirs *os.File) error) (net.Conn, error) {
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer ours.Close()
	err = start(theirs)
	theirs.Close()
	if err != nil {
		return nil, err
	}
	return net.FileConn(ours)
}

func socketPair() (a, b *os.File, err error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.Internal, "desk.pair", "", "no way between two processes can be made")
	}
	for _, fd := range fds {
		syscall.CloseOnExec(fd)
	}
	return os.NewFile(uintptr(fds[0]), "part"), os.NewFile(uintptr(fds[1]), "part"), nil
}
