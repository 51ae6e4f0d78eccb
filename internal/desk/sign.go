package desk

import (
	"crypto/rand"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/vault"
)

// signer gives a plan the key by which this desk confirms. The key is made when
// it is first needed, and stored with the first thing that it signed or that
// shows it: a vault without confirmations holds none. The caller of a plan
// holds the desk's mutex.
type signer struct {
	d    *Desk
	used bool
}

func (s *signer) key() (keys.SignKey, error) {
	s.used = true
	if s.d.fresh != nil {
		return *s.d.fresh, nil
	}
	secret, err := s.d.vault.Meta(metaSign)
	if err == nil {
		defer clear(secret)
		return keys.SignKeyOf(secret)
	}
	if !fault.Is(err, fault.NotFound) {
		return keys.SignKey{}, err
	}
	k, err := keys.NewSignKey(rand.Reader)
	if err == nil {
		s.d.fresh = &k // a preview shows this key, and what follows must be under the same
	}
	return k, err
}

// keep stores a fresh key with what it signed.
func (s *signer) keep(tx *vault.Tx) error {
	if !s.used || s.d.fresh == nil {
		return nil
	}
	return tx.SetMeta(metaSign, s.d.fresh.Secret())
}

// kept says that it is on disk.
func (s *signer) kept() {
	if s.used {
		s.d.fresh = nil
	}
}
