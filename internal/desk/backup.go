package desk

import (
	"slices"

	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/wire"
)

// Backup is a backup that this desk made, as it remembers it.
type Backup struct {
	File string         `cbor:"1,keyasint" json:"file"`
	Made record.Instant `cbor:"2,keyasint" json:"made"`
}

const metaBackups = "backups"

func (d *Desk) backups() (out []Backup, err error) {
	b, err := d.vault.Meta(metaBackups)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err == nil {
		err = wire.DecodeOwn(b, &out)
	}
	return out, err
}

// backupsSince gives the backups that were made after a moment.
func (d *Desk) backupsSince(t record.Instant) ([]Backup, error) {
	all, err := d.backups()
	return slices.DeleteFunc(all, func(b Backup) bool { return b.Made < t }), err
}
