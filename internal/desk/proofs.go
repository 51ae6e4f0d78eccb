package desk

import (
	"slices"

	"backchannel/internal/bonafides"
	"backchannel/internal/keys"
	"backchannel/internal/pouch"
	"backchannel/internal/record"
)

// ProofStep is what a keeper does to learn who, or what, is at the other end.
type ProofStep string

// The steps.
const (
	ProofAsk    ProofStep = "ask"    // begin a run with Peer, about Secret, or Package and Yes
	ProofTake   ProofStep = "take"   // take in a text of Peer, whichever it is
	ProofSign   ProofStep = "sign"   // foretell a sign (Text)
	ProofReveal ProofStep = "reveal" // what opens the sign that was foretold by the text Text
	ProofList   ProofStep = "list"   // runs, signs and counts
	ProofForget ProofStep = "forget" // drop what is open with Peer, and its counts
)

// ProofOrder is one step.
type ProofOrder struct {
	Step    ProofStep
	Peer    record.Name
	Text    string
	Secret  string         // that both should know
	Package keys.Hash      // for a sealed yes
	About   string         // the package as others call it
	Yes     *bool          // nil where it was not said
	Seen    record.Instant // when a foretold sign was seen; zero where it was not
	Again   bool           // answer, however often it went wrong
	Look    bool           // only say what an ask is about
}

// ProofAnswer is what came of it.
type ProofAnswer struct {
	Got    ProofGot    `json:"got"`
	Send   string      `json:"send,omitempty"` // what is to be sent now
	Peer   record.Name `json:"peer,omitempty"`
	About  string      `json:"about,omitempty"`
	State  pouch.State `json:"state,omitempty"` // of the pouch key of Peer
	Words  []string    `json:"words,omitempty"` // of the key that was proven
	Sign   string      `json:"sign,omitempty"`
	Failed int         `json:"failed,omitempty"` // runs with Peer that ended wrong, or not
	Open   []ProofOpen `json:"open,omitempty"`
}

// ProofGot is what is known after a step.
type ProofGot string

// What may be known.
const (
	ProofAsked     ProofGot = "asked"     // a text is to be sent, and an answer awaited
	ProofNeed      ProofGot = "need"      // it was asked for a secret, which was not given
	ProofNeedYes   ProofGot = "need-yes"  // it was asked for a yes or no, which was not given
	ProofAnswered  ProofGot = "answered"  // a text is to be sent, and the end awaited
	ProofSame      ProofGot = "same"      // the same secret
	ProofOther     ProofGot = "other"     // not the same secret, or somebody interfered
	ProofBothYes   ProofGot = "both-yes"  // both said yes
	ProofNotBoth   ProofGot = "not-both"  // this side said yes, and the run does not show a yes of the other
	ProofSilent    ProofGot = "silent"    // this side said no, and learns nothing
	ProofForetold  ProofGot = "foretold"  // a commitment was noted, or made
	ProofOpened    ProofGot = "opened"    // a sign is opened; whether it was seen is to be said
	ProofSeen      ProofGot = "seen"      // it was seen: the key is proven
	ProofListed    ProofGot = "listed"    //
	ProofForgotten ProofGot = "forgotten" //
)

// ProofOpen is something that is not over: a run, or a sign.
type ProofOpen struct {
	Peer   record.Name    `json:"peer,omitempty"` // empty for a sign of one's own
	What   string         `json:"what"`           // run, sign, own-sign, count
	About  string         `json:"about,omitempty"`
	At     record.Instant `json:"at,omitzero"`
	Text   string         `json:"text,omitempty"` // of an own sign: what foretells it
	Failed int            `json:"failed,omitempty"`
}

const (
	metaProofs = "proofs"
	maxProofs  = 64 // runs, signs of others, own signs, peers
	maxFailed  = 10
	minSecret  = 6
	proofLife  = record.Instant(30 * 24 * 3600 * 1000) // milliseconds
)

// proofBook is what a desk keeps of proofs.
type proofBook struct {
	Runs  []proofRun  `cbor:"1,keyasint"`
	Own   []ownSign   `cbor:"2,keyasint"`
	Signs []theirSign `cbor:"3,keyasint"`
	Peers []proofPeer `cbor:"4,keyasint"`
}

type proofRun struct {
	Peer string         `cbor:"1,keyasint"`
	At   record.Instant `cbor:"2,keyasint"`
	Run  bonafides.Run  `cbor:"3,keyasint"`
}

type ownSign struct {
	At     record.Instant `cbor:"1,keyasint"`
	Before string         `cbor:"2,keyasint"`
	After  string         `cbor:"3,keyasint"`
	Words  string         `cbor:"4,keyasint"`
	Opened record.Instant `cbor:"5,keyasint,omitempty"` // first; it is kept for a while then
}

type theirSign struct {
	Peer       string               `cbor:"1,keyasint"`
	At         record.Instant       `cbor:"2,keyasint"`
	Commitment bonafides.Commitment `cbor:"3,keyasint"`
}

type proofPeer struct {
	Name     string     `cbor:"1,keyasint"`
	Failed   int        `cbor:"2,keyasint"` // ended wrong, or answered and not ended yet
	Answered [][16]byte `cbor:"3,keyasint"` // runs that were answered
}

func (b *proofBook) peer(name record.Name) *proofPeer {
	i := slices.IndexFunc(b.Peers, func(p proofPeer) bool { return p.Name == string(name) })
	if i < 0 {
		b.Peers, i = append(b.Peers, proofPeer{Name: string(name)}), len(b.Peers)
	}
	return &b.Peers[i]
}
