package desk

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"backchannel/internal/bonafides"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/pouch"
	"backchannel/internal/record"
	"backchannel/internal/vault"
	"backchannel/internal/wire"
)

// Prove implements Handle.
func (d *Desk) Prove(_ context.Context, o ProofOrder) (ProofAnswer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	own, err := d.pouchKey()
	if err != nil {
		return ProofAnswer{}, err
	}
	public, err := own.Public(keys.XWing())
	if err != nil {
		return ProofAnswer{}, err
	}
	peers, err := d.pouchPeers()
	if err != nil {
		return ProofAnswer{}, err
	}
	book, err := d.proofs()
	if err != nil {
		return ProofAnswer{}, err
	}
	p := &prover{now: d.now(), own: own, print: public.Fingerprint(), peers: peers, book: book, o: o}
	p.book.Runs = slices.DeleteFunc(p.book.Runs, func(r proofRun) bool { return p.now-r.At > proofLife })
	p.book.Own = slices.DeleteFunc(p.book.Own, func(s ownSign) bool { return s.Opened != 0 && p.now-s.Opened > proofLife })
	p.book.Peers = slices.DeleteFunc(p.book.Peers, func(x proofPeer) bool { return x.Failed == 0 && len(x.Answered) == 0 })
	// What a step spent is spent also where it ended in an error: one run is
	// one guess. [BONA-5]
	out, stepErr := p.step()
	if o.Step != ProofList {
		if err := d.keepProofs(p); err != nil {
			return ProofAnswer{}, err
		}
	}
	if stepErr != nil {
		return ProofAnswer{}, stepErr
	}
	out.Peer = o.Peer
	if o.Peer != "" {
		out.State, out.Failed = p.peer().State(), p.book.peer(o.Peer).Failed
	}
	return out, nil
}

func (d *Desk) proofs() (out proofBook, err error) {
	b, err := d.vault.Meta(metaProofs)
	if fault.Is(err, fault.NotFound) {
		return out, nil
	}
	if err != nil {
		return out, err
	}
	return out, wire.DecodeOwn(b, &out)
}

func (d *Desk) keepProofs(p *prover) error {
	for _, n := range []int{len(p.book.Runs), len(p.book.Own), len(p.book.Signs), len(p.book.Peers)} {
		if n > maxProofs {
			return fault.New(fault.Limit, "desk.proofs", "drop what is not wanted any more, with `backchannel bona-fides forget`", "%d runs or signs are open", n)
		}
	}
	b, err := wire.Encode(p.book)
	if err != nil {
		return err
	}
	peers, err := wire.Encode(slices.DeleteFunc(slices.Clone(p.peers), func(x pouch.Peer) bool {
		return len(x.Keys) == 0 && x.Sent == 0 && x.Top == 0 && x.ProvenHow == "" // one that was only asked about
	}))
	if err != nil {
		return err
	}
	return d.vault.Update(func(tx *vault.Tx) error {
		if err := tx.SetMeta(metaPouchPeers, peers); err != nil {
			return err
		}
		return tx.SetMeta(metaProofs, b)
	})
}

// prover is one step under way.
type prover struct {
	now   record.Instant
	own   *pouch.Secret
	print keys.Hash
	peers []pouch.Peer
	book  proofBook
	o     ProofOrder
}

func (p *prover) step() (ProofAnswer, error) {
	switch p.o.Step {
	case ProofSign:
		return p.foretell()
	case ProofReveal:
		for i, s := range p.book.Own {
			if strings.HasPrefix(s.Before, strings.TrimSpace(p.o.Text)) && p.o.Text != "" {
				if s.Opened == 0 {
					p.book.Own[i].Opened = p.now
				}
				return ProofAnswer{Got: ProofOpened, Send: s.After, Sign: s.Words}, nil
			}
		}
		return ProofAnswer{}, fault.New(fault.NotFound, "desk.no-sign", "list them with `backchannel bona-fides list`", "this desk foretold no such sign")
	case ProofList:
		return ProofAnswer{Got: ProofListed, Open: p.open()}, nil
	case ProofAsk, ProofTake, ProofForget:
	default:
		return ProofAnswer{}, fault.New(fault.Malformed, "desk.proof-step", "", "%q is no step", string(p.o.Step))
	}
	if err := p.o.Peer.Check(); err != nil {
		return ProofAnswer{}, err
	}
	switch p.o.Step {
	case ProofAsk:
		return p.ask()
	case ProofForget:
		name := string(p.o.Peer)
		p.book.Runs = slices.DeleteFunc(p.book.Runs, func(r proofRun) bool { return r.Peer == name })
		p.book.Signs = slices.DeleteFunc(p.book.Signs, func(s theirSign) bool { return s.Peer == name })
		p.book.peer(p.o.Peer).Failed = 0 // what was answered is kept: it is not answered again
		return ProofAnswer{Got: ProofForgotten}, nil
	}
	switch text := strings.TrimSpace(p.o.Text); {
	case strings.HasPrefix(text, bonafides.SignPrefix):
		c, err := bonafides.ReadCommitment(text)
		if err != nil {
			return ProofAnswer{}, err
		}
		if !slices.ContainsFunc(p.book.Signs, func(s theirSign) bool { return s.Peer == string(p.o.Peer) && s.Commitment == c }) {
			p.book.Signs = append(p.book.Signs, theirSign{string(p.o.Peer), p.now, c})
		}
		return ProofAnswer{Got: ProofForetold}, nil
	case strings.HasPrefix(text, bonafides.OpenPrefix):
		return p.opened(text)
	default:
		t, err := bonafides.Read(text)
		if err != nil {
			return ProofAnswer{}, err
		}
		if t.Kind == bonafides.Ask {
			return p.reply(t)
		}
		if p.o.Look {
			return ProofAnswer{Got: ProofListed}, nil
		}
		return p.end(t)
	}
}

// peer gives what is held of the pouches of the party in question.
func (p *prover) peer() *pouch.Peer {
	i := slices.IndexFunc(p.peers, func(x pouch.Peer) bool { return x.Name == string(p.o.Peer) })
	if i < 0 {
		p.peers, i = append(p.peers, pouch.Peer{Name: string(p.o.Peer)}), len(p.peers)
	}
	return &p.peers[i]
}

// matter gives this side's part.
func (p *prover) matter(purpose bonafides.Purpose) (bonafides.Matter, error) {
	m := bonafides.Matter{Purpose: purpose, Print: p.print}
	if purpose == bonafides.Secret {
		s, err := normalSecret(p.o.Secret)
		m.Secret = []byte(s)
		return m, err
	}
	key, err := p.peer().Key() // [BONA-15]
	if err != nil {
		return m, err
	}
	if p.o.Yes == nil || p.o.Package == (keys.Hash{}) {
		return m, fault.New(fault.Malformed, "desk.yes-or-no", "say yes or no, and to which package", "a sealed yes is to one package, yes or no")
	}
	if m.Blind = !*p.o.Yes; m.Blind {
		m.Secret = make([]byte, 32)
		rand.Read(m.Secret)
		return m, nil
	}
	pair, err := p.own.Pair(keys.XWing(), key)
	m.Secret = bonafides.Yes(pair, p.o.Package)
	return m, err
}

func (p *prover) ask() (ProofAnswer, error) {
	purpose := bonafides.Secret
	if p.o.Yes != nil {
		purpose = bonafides.SealedYes
	}
	m, err := p.matter(purpose)
	if err != nil {
		return ProofAnswer{}, err
	}
	var random [48]byte
	rand.Read(random[:])
	run, text, err := bonafides.Begin(m, p.o.About, random)
	if err != nil {
		return ProofAnswer{}, err
	}
	p.book.Runs = append(p.book.Runs, proofRun{string(p.o.Peer), p.now, *run})
	return ProofAnswer{Got: ProofAsked, Send: text, About: p.o.About}, nil
}

func (p *prover) reply(t bonafides.Text) (ProofAnswer, error) {
	who := p.book.peer(p.o.Peer)
	if slices.Contains(who.Answered, t.SID) {
		return ProofAnswer{}, fault.New(fault.Refused, "desk.answered", "have them ask again", "this was answered before, and each text is answered once")
	}
	switch {
	case p.o.Look && t.Purpose == bonafides.Secret:
		return ProofAnswer{Got: ProofNeed, About: t.About}, nil
	case t.Print == p.print: // refused below, without asking for a secret first
	case t.Purpose == bonafides.Secret && p.o.Secret == "":
		return ProofAnswer{Got: ProofNeed, About: t.About}, nil
	case t.Purpose == bonafides.SealedYes && p.o.Yes == nil:
		return ProofAnswer{Got: ProofNeedYes, About: t.About}, nil
	case t.Purpose == bonafides.Secret && who.Failed >= maxFailed && !p.o.Again: // [BONA-6]
		return ProofAnswer{}, fault.New(fault.Refused, "desk.guessed", "agree on another secret by a way of your own, or add --again", "%d runs with %s ended wrong or never ended: somebody may be guessing", who.Failed, p.o.Peer)
	}
	m := bonafides.Matter{Purpose: t.Purpose, Print: p.print}
	if t.Print != p.print {
		var err error
		if m, err = p.matter(t.Purpose); err != nil {
			return ProofAnswer{}, err
		}
	}
	var scalar [32]byte
	rand.Read(scalar[:])
	run, text, err := bonafides.Reply(t, m, scalar)
	if err != nil {
		return ProofAnswer{}, err
	}
	who.Answered = append(who.Answered, t.SID)
	who.Answered = who.Answered[max(0, len(who.Answered)-maxProofs):]
	if t.Purpose == bonafides.Secret {
		who.Failed++ // until its end comes, and fits
	}
	p.book.Runs = append(p.book.Runs, proofRun{string(p.o.Peer), p.now, *run})
	return ProofAnswer{Got: ProofAnswered, Send: text, About: t.About}, nil
}

// end takes an answer or an end: the run is over, whatever comes of it.
func (p *prover) end(t bonafides.Text) (ProofAnswer, error) {
	i := slices.IndexFunc(p.book.Runs, func(r proofRun) bool {
		return r.Peer == string(p.o.Peer) && r.Run.SID == t.SID && r.Run.Purpose == t.Purpose && r.Run.Asked == (t.Kind == bonafides.Answer)
	})
	if i < 0 {
		return ProofAnswer{}, fault.New(fault.NotFound, "desk.no-run", "look with `backchannel bona-fides list`; a run is good for one answer", "no run with %s waits for this text", p.o.Peer)
	}
	run := p.book.Runs[i].Run
	p.book.Runs = slices.Delete(p.book.Runs, i, i+1)
	var out ProofAnswer
	var o bonafides.Outcome
	var err error
	if run.Asked {
		o, out.Send, err = run.Finish(t)
	} else {
		o, err = run.Close(t)
	}
	who := p.book.peer(p.o.Peer)
	switch {
	case run.Purpose != bonafides.Secret:
	case run.Asked && !o.Same:
		who.Failed++
	case !run.Asked && o.Same:
		who.Failed--
	}
	if err != nil {
		return out, err
	}
	out.About = run.About
	switch {
	case !o.Learnt:
		out.Got = ProofSilent
	case run.Purpose == bonafides.SealedYes && o.Same:
		out.Got = ProofBothYes
	case run.Purpose == bonafides.SealedYes:
		out.Got = ProofNotBoth
	case !o.Same:
		out.Got = ProofOther
	default:
		out.Got, out.Words = ProofSame, o.Print.Words(keys.FingerprintWords)
		*p.peer() = p.peer().Prove(o.Print, pouch.BySecret)
	}
	return out, nil
}

func (p *prover) foretell() (ProofAnswer, error) {
	s := bonafides.Sign{Words: strings.TrimSpace(p.o.Text), Print: p.print}
	rand.Read(s.Nonce[:])
	before, after, err := s.Texts()
	if err != nil {
		return ProofAnswer{}, err
	}
	p.book.Own = append(p.book.Own, ownSign{At: p.now, Before: before, After: after, Words: s.Words})
	return ProofAnswer{Got: ProofForetold, Send: before, Sign: s.Words}, nil
}

func (p *prover) opened(text string) (ProofAnswer, error) {
	s, err := bonafides.ReadSign(text)
	if err != nil {
		return ProofAnswer{}, err
	}
	if s.Print == p.print {
		return ProofAnswer{}, fault.New(fault.Unauthentic, "desk.own-sign", "somebody sends you back what you sent", "this sign was foretold by your own desk")
	}
	i := slices.IndexFunc(p.book.Signs, func(x theirSign) bool { return x.Peer == string(p.o.Peer) && s.Opens(x.Commitment) })
	if i < 0 { // [BONA-10]
		return ProofAnswer{}, fault.New(fault.Unauthentic, "desk.not-foretold", "take in first what foretold it; what comes with the sign, or after it, proves nothing", "nothing that %s foretold here is opened by this", p.o.Peer)
	}
	out := ProofAnswer{Got: ProofOpened, Sign: s.Words, Words: s.Print.Words(keys.FingerprintWords)}
	if p.o.Seen == 0 {
		return out, nil
	}
	if p.o.Seen <= p.book.Signs[i].At || p.o.Seen > p.now { // [BONA-11]
		return ProofAnswer{}, fault.New(fault.Refused, "desk.sign-late", "a sign counts only where it was foretold to you before you saw it", "it was foretold here at %s, and seen at %s", p.book.Signs[i].At, p.o.Seen)
	}
	p.book.Signs = slices.Delete(p.book.Signs, i, i+1)
	*p.peer() = p.peer().Prove(s.Print, pouch.BySign)
	out.Got = ProofSeen
	return out, nil
}

func (p *prover) open() []ProofOpen {
	out := []ProofOpen{}
	for _, r := range p.book.Runs {
		out = append(out, ProofOpen{Peer: record.Name(r.Peer), What: "run", About: r.Run.About, At: r.At})
	}
	for _, s := range p.book.Own {
		out = append(out, ProofOpen{What: "own-sign", About: s.Words, At: s.At, Text: s.Before})
	}
	for _, s := range p.book.Signs {
		out = append(out, ProofOpen{Peer: record.Name(s.Peer), What: "sign", At: s.At})
	}
	for _, who := range p.book.Peers {
		if who.Failed > 0 {
			out = append(out, ProofOpen{Peer: record.Name(who.Name), What: "count", Failed: who.Failed})
		}
	}
	return out
}

// normalSecret is how a secret is written, so that two people who remember the
// same write the same. [BONA-8]
func normalSecret(s string) (string, error) {
	s = strings.Join(strings.Fields(strings.Map(unicode.ToLower, norm.NFKC.String(s))), " ")
	if utf8.RuneCountInString(s) < minSecret || len(s) > 1000 {
		return "", fault.New(fault.Refused, "desk.secret", "use several words that nobody else would think of", "a secret of fewer than %d characters, or a very long one", minSecret)
	}
	return s, nil
}
