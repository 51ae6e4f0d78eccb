package relay

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"backchannel/internal/fault"
)

const keyFile = "relay.key"

// OpenKey reads the relay's identity key from its data folder, or makes one.
// The file is the relay's identity: whoever loses it has another address.
func OpenKey(dir string) (ed25519.PrivateKey, error) {
	path := filepath.Join(dir, keyFile)
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(dir, path)
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Disk, "relay.key-read", "", "cannot read the relay's key")
	}
	if st, err := os.Stat(path); err == nil && st.Mode().Perm()&0o077 != 0 {
		return nil, fault.New(fault.Refused, "relay.key-mode", "chmod 600 "+path, "others on this machine can read the relay's key")
	}
	bad := fault.New(fault.Corrupt, "relay.key", "restore "+keyFile+" from the backup", "the relay's key is damaged")
	block, rest := pem.Decode(raw)
	if block == nil || block.Type != "PRIVATE KEY" || len(rest) != 0 {
		return nil, bad
	}
	k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, bad
	}
	key, ok := k.(ed25519.PrivateKey)
	if !ok {
		return nil, bad
	}
	return key, nil
}

// makeKey writes a new key: first under another name, synced, so that a crash
// leaves either no key or a whole one.
func makeKey(dir, path string) (ed25519.PrivateKey, error) {
	fail := func(err error) (ed25519.PrivateKey, error) {
		return nil, fault.Wrap(err, fault.Disk, "relay.key-write", "", "cannot write the relay's key")
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fail(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fail(err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fail(err)
	}
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fail(err)
	}
	err = pem.Encode(f, &pem.Block{Type: "PRIVATE KEY", Bytes: der})
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err == nil {
		err = syncDir(dir)
	}
	if err != nil {
		return fail(err)
	}
	return key, nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Certificate makes the relay's self-signed certificate. Everything in it but
// the key is fixed, so that it tells nothing and always has the same length.
func Certificate(key ed25519.PrivateKey) (tls.Certificate, error) {
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "relay"},
		NotBefore:    time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(nil, tmpl, tmpl, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, fault.Wrap(err, fault.Internal, "relay.certificate", "", "cannot make the relay's certificate")
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// ServerTLS is the one configuration of the relay's end. [RELAY-3]
func ServerTLS(key ed25519.PrivateKey) (*tls.Config, error) {
	cert, err := Certificate(key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		Certificates:                []tls.Certificate{cert},
		MinVersion:                  tls.VersionTLS13,
		CurvePreferences:            []tls.CurveID{tls.X25519MLKEM768},
		SessionTicketsDisabled:      true,
		DynamicRecordSizingDisabled: true, // record sizes follow from message sizes alone
		NextProtos:                  []string{"http/1.1"},
	}, nil
}

// ClientTLS is the one configuration of a desk's end: it looks at the pin and
// at nothing else. seen, if not nil, gets the relay's key. [RELAY-3] [RELAY-4]
func ClientTLS(pin Pin, seen func(ed25519.PublicKey)) *tls.Config {
	return &tls.Config{
		// No authority and no name: VerifyConnection checks the key itself,
		// and TLS that the other end has it.
		InsecureSkipVerify: true,
		VerifyConnection: func(cs tls.ConnectionState) error {
			if len(cs.PeerCertificates) != 1 {
				return errWrongPin()
			}
			key, ok := cs.PeerCertificates[0].PublicKey.(ed25519.PublicKey)
			if !ok {
				return errWrongPin()
			}
			if p, err := PinOf(key); err != nil || p != pin {
				return errWrongPin()
			}
			if seen != nil {
				seen(key)
			}
			return nil
		},
		MinVersion:                  tls.VersionTLS13,
		CurvePreferences:            []tls.CurveID{tls.X25519MLKEM768},
		SessionTicketsDisabled:      true,
		DynamicRecordSizingDisabled: true,
		NextProtos:                  []string{"http/1.1"},
	}
}

func errWrongPin() error {
	return fault.New(fault.Unauthentic, "relay.wrong-pin",
		"do not go on: either the address is wrong or somebody stands between", "this is not the relay that the address names")
}
