package view

import (
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// EchoFirst is what asking every side for an echo, before anybody spoke of an
// agreement, would have shown of one name.
type EchoFirst struct {
	Name    record.Name   `json:"name"`
	Would   []WouldEcho   `json:"would"`
	Same    bool          `json:"same"`              // all mean one text
	Differs []record.Name `json:"differs,omitempty"` // the terms in which the texts differ
}

// WouldEcho is the text that one party would repeat.
type WouldEcho struct {
	Party record.Name  `json:"party"`
	On    record.Ref   `json:"on"`
	Words []string     `json:"words"` // its hash, to be read aloud
	Rests accord.Rests `json:"rests"`
	Entry keys.ID      `json:"entry"`
}

// EchoFirst gives that for the packages of a name.
func (v *View) EchoFirst(name record.Name) EchoFirst {
	e := EchoFirst{Name: name, Same: true}
	for _, s := range v.l.WouldEcho(name) {
		e.Would = append(e.Would, WouldEcho{s.Party, s.On, s.On.Hash.Words(keys.FingerprintWords), s.Rests, s.Entry})
		first := e.Would[0].On.Hash
		if s.On.Hash == first {
			continue
		}
		e.Same = false
		for _, t := range v.l.Differing(first, s.On.Hash) {
			if t != "" && !slices.Contains(e.Differs, t) {
				e.Differs = append(e.Differs, t)
			}
		}
	}
	return e
}
