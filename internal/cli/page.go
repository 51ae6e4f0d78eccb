package cli

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"backchannel/internal/fault"
)

// pageSocket is where a desk that is being served gives out login links to its
// page: a socket in the desk's folder, which only its owner may enter. A link
// works once, so whoever closed his browser asks for another here.
const pageSocket = "page.sock"

// maxLink bounds a link on the socket.
const maxLink = 1 << 10

// serveLinks gives each caller a fresh link until ctx ends.
func serveLinks(ctx context.Context, dir string, link func() string) error {
	path := filepath.Join(dir, pageSocket)
	// The vault's lock is ours, so a socket that is there belongs to nobody.
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.Wrap(err, fault.Disk, "cli.page-socket", "", "cannot remove the old page socket")
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return fault.Wrap(err, fault.Disk, "cli.page-socket", "use a folder with a shorter path", "cannot open the page socket")
	}
	defer context.AfterFunc(ctx, func() { l.Close() })()
	if err := os.Chmod(path, 0o600); err != nil {
		return errors.Join(fault.Wrap(err, fault.Disk, "cli.page-socket", "", "cannot guard the page socket"), l.Close())
	}
	for {
		c, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fault.Wrap(err, fault.Internal, "cli.page-socket", "", "the page socket failed")
		}
		c.SetDeadline(time.Now().Add(5 * time.Second)) // a caller that does not read costs a moment
		io.WriteString(c, link())
		c.Close()
	}
}

// deskPageCmd gives a login link to the page of a desk that is being served.
type deskPageCmd struct{}

// Run prints it.
func (c *deskPageCmd) Run(a *app) error {
	dir, err := a.dir()
	if err != nil {
		return err
	}
	if err := a.deskIn(dir); err != nil {
		return err
	}
	var d net.Dialer
	conn, err := d.DialContext(a.ctx, "unix", filepath.Join(dir, pageSocket))
	if errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ECONNREFUSED) {
		return fault.New(fault.NotFound, "cli.no-page", "start it with `backchannel desk serve`", "no page of this desk is being served")
	}
	if err != nil {
		return fault.Wrap(err, fault.Unreachable, "cli.page-socket", "start it with `backchannel desk serve`", "the desk does not answer")
	}
	defer conn.Close()
	b, err := io.ReadAll(io.LimitReader(conn, maxLink))
	if err != nil || len(b) == 0 {
		return fault.Wrap(err, fault.Unreachable, "cli.page-socket", "start it with `backchannel desk serve`", "the desk does not answer")
	}
	return a.result(map[string]string{"page": string(b)}, func(w io.Writer) error { return line(w, string(b)) })
}
