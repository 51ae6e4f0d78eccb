package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"backchannel/internal/fault"
)

// child is a process of ours: the relay, or a desk that is being served.
type child struct {
	name  string
	cmd   *exec.Cmd
	stdin io.Closer // the process ends when this is closed
	log   string    // file with what it wrote to stderr
	ended chan struct{}
	err   error // why it ended; set before ended is closed
}

// stopping is how long a child may take to stop by itself.
const stopping = 20 * time.Second

// start runs the program with args, gives it first on its stdin, and reads into
// ready the one JSON value that it prints once it serves.
func start(ctx context.Context, exe, dir, name, first string, ready any, args ...string) (*child, error) {
	logs, err := os.Create(filepath.Join(dir, name+".log"))
	if err != nil {
		return nil, fault.Wrap(err, fault.Disk, "demo.log", "", "cannot write the log of %s", name)
	}
	defer logs.Close()
	cmd := exec.Command(exe, args...)
	cmd.Args[0] = "backchannel"
	cmd.Stderr = logs
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "demo.pipe", "", "cannot make a pipe")
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "demo.pipe", "", "cannot make a pipe")
	}
	if cmd.ExtraFiles, err = holdFolder(dir); err != nil {
		return nil, err
	}
	err = cmd.Start()
	for _, f := range cmd.ExtraFiles {
		f.Close() // the child has its own now
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "demo.start", "", "cannot start %s", name)
	}
	c := &child{name: name, cmd: cmd, stdin: stdin, log: logs.Name(), ended: make(chan struct{})}
	answered := make(chan error, 1)
	go func() {
		_, err := io.WriteString(stdin, first)
		if err == nil {
			err = json.NewDecoder(stdout).Decode(ready)
		}
		answered <- err
		io.Copy(io.Discard, stdout) // until it ends: Wait must not come before
		c.err = cmd.Wait()
		close(c.ended)
	}()
	select {
	case err = <-answered:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		c.stop()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, c.trouble()
	}
	return c, nil
}

// stop ends the child: it is asked to by the end of its stdin, and made to if
// it does not listen.
func (c *child) stop() error {
	c.stdin.Close() // it may have ended already
	select {
	case <-c.ended:
	case <-time.After(stopping):
		err := c.cmd.Process.Kill()
		<-c.ended
		return errors.Join(err, fault.New(fault.Internal, "demo.stuck", "", "%s did not stop by itself", c.name))
	}
	return nil
}

// trouble says that the child ended, with the end of what it logged.
func (c *child) trouble() error {
	tail, err := os.ReadFile(c.log)
	if err != nil {
		tail = fmt.Append(nil, err)
	}
	tail = bytes.TrimSpace(tail)
	if len(tail) > 2000 {
		tail = tail[len(tail)-2000:]
	}
	return fault.New(fault.Internal, "demo.ended", "", "%s ended:\n%s", c.name, tail)
}
