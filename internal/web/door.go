package web

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"backchannel/internal/desk"
	"backchannel/internal/fault"
)

const (
	maxPhoneConns = 64 // connections to the door at one time
	certLife      = 2 * 365 * 24 * time.Hour
	certLeft      = 60 * 24 * time.Hour // a certificate with less to go pairs no phone
	// DoorPort is the port that is offered for phones.
	DoorPort = "8443"
)

// door is what phones come through: a listener of its own under TLS, with the
// same pages behind it. Whoever is not paired learns nothing at it but that it
// is there.
type door struct {
	phones *phones
	face   *Face
	gate   *gate
	hosts  []string
	ln     net.Listener
	srv    *http.Server
	onion  Onion
}

// open opens the door where p.kept says, and completes what is missing there:
// host, certificate, onion key. The caller holds mu.
func (p *phones) open() error {
	kept := p.kept
	at := kept.At
	if kept.Tor != "" {
		at = "127.0.0.1:0"
	}
	ln, err := net.Listen("tcp", at)
	if err != nil {
		return fault.Wrap(err, fault.Unreachable, "web.phone-listen", "choose another address or port of this machine", "cannot listen on %s", at)
	}
	var onion Onion
	host := ln.Addr().String()
	if kept.Tor != "" {
		if p.face.opt.Onion == nil {
			return errors.Join(fault.New(fault.Refused, "web.phone-onion", "choose an address of this machine", "this desk makes no onion services"), ln.Close())
		}
		if onion, err = p.face.opt.Onion(p.ctx, kept.Tor, kept.OnionKey, host); err != nil {
			return errors.Join(err, ln.Close())
		}
		host, kept.OnionKey = onion.Name(), onion.Key()
	} else {
		kept.At = host // with the port that it got
	}
	if kept.Host != host || len(kept.Cert) == 0 {
		kept.Host = host
		if kept.Cert, kept.Key, err = newCertificate(host, p.now()); err != nil {
			return errors.Join(err, ln.Close())
		}
	}
	pair, err := keyPair(kept)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	if err := p.book.KeepPhones(p.ctx, kept); err != nil {
		return errors.Join(err, ln.Close())
	}
	p.kept = kept
	d := &door{phones: p, ln: ln, hosts: []string{host, host + ":443"}, onion: onion}
	f := p.face
	d.gate = &gate{name: "__Secure-phone", path: kept.Root + "/", now: f.opt.Now, draw: secret, idle: phoneLife, phone: true}
	d.keep(kept.List)
	g := *f
	g.root, g.hosts, g.scheme, g.gate, g.phone, g.tongues = kept.Root, d.hosts, "https", d.gate, true, &tongues{faces: map[string]*Face{}}
	g.routes()
	d.face = &g
	d.srv = &http.Server{
		Handler: d, MaxHeaderBytes: maxHeader,
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(f.opt.Log.Handler(), slog.LevelDebug),
		TLSConfig: &tls.Config{
			Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS13, NextProtos: []string{"http/1.1"}, SessionTicketsDisabled: true,
		},
	}
	p.door = d
	p.closing.Go(func() {
		if err := d.srv.ServeTLS(&narrow{Listener: ln, free: make(chan struct{}, maxPhoneConns)}, "", ""); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			f.opt.Log.Error("web: the door of the phones failed")
		}
	})
	if onion != nil {
		p.closing.Go(func() { p.watch(d) })
	}
	return nil
}

// watch closes the door when its onion service is gone.
func (p *phones) watch(d *door) {
	<-d.onion.Gone()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.door == d {
		p.face.opt.Log.Warn("web: Tor has ended, and phones cannot reach this desk")
		p.shut()
	}
}

// shut closes the door, if it is open: to new connections at once, and to those
// that are there soon. The caller holds mu, and is perhaps being answered through
// it.
func (p *phones) shut() {
	d := p.door
	if d == nil {
		return
	}
	p.door = nil
	d.keep(nil)
	d.ln.Close() // at once: the address may be wanted again
	p.closing.Go(func() {
		wait, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		if d.srv.Shutdown(wait) != nil {
			d.srv.Close()
		}
		if d.onion != nil {
			d.onion.Close()
		}
	})
}

// keep lets in the phones of a list, and no others.
func (d *door) keep(list []desk.Phone) {
	d.gate.mu.Lock()
	defer d.gate.mu.Unlock()
	var out []*session
	for _, x := range list {
		i := slices.IndexFunc(d.gate.sessions, func(s *session) bool { return s.hash == x.Hash })
		if i >= 0 {
			out = append(out, d.gate.sessions[i])
		} else {
			out = append(out, phoneSession(x, lastSeen(x)))
		}
	}
	d.gate.sessions = out
}

// ServeHTTP answers one request. To whoever is not paired it says the same
// whatever he asks for, save for the page that pairs while a link is out.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	harden(w.Header())
	if r.Method != http.MethodPost && !safe(r.Method) || !slices.Contains(d.hosts, strings.ToLower(r.Host)) {
		nothing(w)
		return
	}
	if path, ok := strings.CutPrefix(r.URL.Path, pairPath); ok && d.phones.pairs() {
		d.pair(w, r, path)
		return
	}
	if err := d.face.foreign(r); err != nil {
		d.face.opt.Log.Warn("web: refused at the door", "why", faultID(err))
		nothing(w)
		return
	}
	d.face.ServeHTTP(w, r)
}

// newCertificate makes a key and a certificate for one name, by itself and for
// nothing else: it cannot vouch for another.
func newCertificate(host string, now time.Time) (cert, key []byte, err error) {
	broken := func(err error) ([]byte, []byte, error) {
		return nil, nil, fault.Wrap(err, fault.Internal, "web.phone-cert", "", "no certificate for phones")
	}
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return broken(err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return broken(err)
	}
	day := now.UTC().Truncate(24 * time.Hour)
	t := &x509.Certificate{
		SerialNumber: serial, NotBefore: day, NotAfter: day.Add(certLife), BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if at, err := netip.ParseAddrPort(host); err == nil {
		t.IPAddresses = []net.IP{at.Addr().AsSlice()}
	} else {
		t.DNSNames = []string{host}
	}
	if cert, err = x509.CreateCertificate(rand.Reader, t, t, &k.PublicKey, k); err != nil {
		return broken(err)
	}
	if key, err = x509.MarshalPKCS8PrivateKey(k); err != nil {
		return broken(err)
	}
	return cert, key, nil
}

func keyPair(kept desk.Phones) (tls.Certificate, error) {
	key, err := x509.ParsePKCS8PrivateKey(kept.Key)
	if err != nil {
		return tls.Certificate{}, fault.Wrap(err, fault.Corrupt, "web.phone-key", "unpair all phones, and pair them again", "the key of the phones' door does not read")
	}
	return tls.Certificate{Certificate: [][]byte{kept.Cert}, PrivateKey: key}, nil
}

// fresh reports whether the certificate lasts for one more phone. The caller
// holds mu.
func (p *phones) fresh() bool {
	c, err := x509.ParseCertificate(p.kept.Cert)
	return err == nil && p.now().Add(certLeft).Before(c.NotAfter)
}

// fingerprint gives the SHA-256 of a certificate as browsers show it.
func fingerprint(cert []byte) string {
	if len(cert) == 0 {
		return ""
	}
	sum := sha256.Sum256(cert)
	return strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":")
}

// fingerRows breaks a fingerprint into rows that an eye can follow.
func fingerRows(s string) []string {
	var out []string
	for pairs := range slices.Chunk(strings.Split(s, ":"), 8) {
		out = append(out, strings.Join(pairs, ":"))
	}
	return out
}

// doorAddress checks where phones are to reach the desk: one address of this
// machine that its keeper chose, never all of them, and none of the open
// internet.
func doorAddress(at string) (string, error) {
	a, err := netip.ParseAddrPort(at)
	if err != nil {
		ip, bare := netip.ParseAddr(at)
		if bare != nil {
			return "", fault.New(fault.Malformed, "web.phone-address", "write it as 192.168.1.20:"+DoorPort, "%q is no address of this machine", at)
		}
		a, _ = netip.ParseAddrPort(net.JoinHostPort(ip.String(), DoorPort))
	}
	ip := a.Addr().Unmap()
	if !near(ip) {
		return "", fault.New(fault.Refused, "web.phone-public", "choose one of your local network, or an onion service", "%s is no address of a local network", ip)
	}
	return netip.AddrPortFrom(ip, a.Port()).String(), nil
}

var carrierGrade = netip.MustParsePrefix("100.64.0.0/10") // also what private networks over others' use

func near(ip netip.Addr) bool {
	return ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() && ip.Zone() == "" && ip.Is4() || carrierGrade.Contains(ip)
}

// Addresses gives those of this machine on which phones could reach it.
func Addresses() []string {
	var out []string
	list, err := net.InterfaceAddrs()
	if err != nil {
		return nil // it can be typed
	}
	for _, a := range list {
		n, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		if ip, ok := netip.AddrFromSlice(n.IP); ok && near(ip.Unmap()) && !ip.IsLoopback() {
			out = append(out, net.JoinHostPort(ip.Unmap().String(), DoorPort))
		}
	}
	return out
}

// narrow is a listener that takes only so many connections at one time.
type narrow struct {
	net.Listener
	free chan struct{}
}

// Accept takes the next connection, and refuses those that are too many.
func (n *narrow) Accept() (net.Conn, error) {
	for {
		c, err := n.Listener.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case n.free <- struct{}{}:
			return &counted{Conn: c, gone: sync.OnceFunc(func() { <-n.free })}, nil
		default:
			c.Close()
		}
	}
}

type counted struct {
	net.Conn
	gone func()
}

// Close makes room for another.
func (c *counted) Close() error {
	defer c.gone()
	return c.Conn.Close()
}
