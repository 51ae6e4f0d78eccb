package exchange

import (
	"bytes"
	"encoding/json"
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/circle"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// DossierFormat names the form of a dossier. spec/dossier.schema.json states it.
const DossierFormat = "backchannel-dossier/1"

// Dossier is what people say happened, beside what the record has on it, as one
// reader was given both. It says nowhere who is right.
type Dossier struct {
	Format   string           `json:"format"`
	Keeper   record.Name      `json:"keeper"` // whose desk made it
	Reader   record.Name      `json:"reader"` // for whom
	Made     string           `json:"made"`
	Accounts []DossierAccount `json:"accounts"`
	Paths    []DossierCount   `json:"paths"`   // messages that he was given, by the hand through which they went
	People   []DossierDeeds   `json:"people"`  // what each did, as far as he was given it
	Entries  []FileEntry      `json:"entries"` // that any of this names
}

// DossierAccount is one account, claim by claim.
type DossierAccount struct {
	Entry     keys.ID          `json:"entry"`
	By        record.Name      `json:"by"` // who logged it
	Name      record.Name      `json:"name,omitempty"`
	Role      string           `json:"role,omitempty"`
	Of        record.Name      `json:"of,omitempty"`
	Knowledge circle.Knowledge `json:"knowledge,omitempty"`
	Where     string           `json:"where,omitempty"`
	Declined  bool             `json:"declined,omitempty"`
	Text      string           `json:"text,omitempty"`
	Claims    []DossierClaim   `json:"claims"`
}

// DossierClaim is one claim, and the entries beside it.
type DossierClaim struct {
	Number   int              `json:"number"`
	Sort     circle.ClaimSort `json:"sort"`
	Who      record.Name      `json:"who,omitempty"`
	On       record.Ref       `json:"on,omitzero"`
	Position accord.Position  `json:"position,omitempty"`
	Part     circle.Part      `json:"part,omitempty"`
	Not      bool             `json:"not,omitempty"`
	Text     string           `json:"text,omitempty"`
	Bearing  circle.Bearing   `json:"bearing"`
	Disputed bool             `json:"disputed,omitempty"` // another account claims the opposite
	For      []keys.ID        `json:"for,omitempty"`
	Against  []keys.ID        `json:"against,omitempty"`
	Reports  []keys.ID        `json:"reports,omitempty"`
	Beside   []keys.ID        `json:"beside,omitempty"`
	Rivals   []keys.ID        `json:"rivals,omitempty"`
}

// DossierCount is how many messages went through one hand; through none, where
// it is empty.
type DossierCount struct {
	Path     record.Name `json:"path,omitempty"`
	Messages int         `json:"messages"`
}

// DossierDeeds is what one person, or the people of a party, did.
type DossierDeeds struct {
	Who      record.Name `json:"who"`
	Spoke    []keys.ID   `json:"spoke,omitempty"`
	Carried  []keys.ID   `json:"carried,omitempty"`
	Proposed []keys.ID   `json:"proposed,omitempty"`
	Accepted []keys.ID   `json:"accepted,omitempty"`
	Reported []keys.ID   `json:"reported,omitempty"` // said of them by others alone
}

// MakeDossier makes the dossier of a view. The view was made for one reader, so
// that what he was not given cannot be in it.
func MakeDossier(v *view.View) (Dossier, error) {
	p := v.Projection()
	d := Dossier{Format: DossierFormat, Keeper: p.Keeper(), Reader: p.Reader(), Made: stampOf(v.Now()),
		Accounts: []DossierAccount{}, Paths: []DossierCount{}, People: []DossierDeeds{}, Entries: []FileEntry{}}
	used := map[keys.ID]bool{}
	for _, a := range v.Accounts() {
		used[a.Entry] = true
		s := a.Account.Source
		out := DossierAccount{Entry: a.Entry, By: a.By, Name: s.Name, Role: s.Role, Of: s.Of, Knowledge: s.Knowledge, Where: a.Account.Where,
			Declined: a.Account.Declined, Text: a.Account.Text, Claims: []DossierClaim{}}
		for _, h := range a.Held {
			c := h.Claim
			out.Claims = append(out.Claims, DossierClaim{h.Number, c.Sort, c.Who, c.On, c.Position, c.Part, c.Not, c.Text, h.Bearing, len(h.Rivals) > 0,
				h.For, h.Against, h.Reports, h.Beside, h.Rivals})
			for _, id := range slices.Concat(h.For, h.Against, h.Reports, h.Beside, h.Rivals, []keys.ID{c.On.Entry}) {
				used[id] = true
			}
		}
		d.Accounts = append(d.Accounts, out)
	}
	if len(d.Accounts) == 0 {
		return Dossier{}, fault.New(fault.NotFound, "exchange.no-account", "check the name, or enter an account first", "%s was given no account", p.Reader())
	}
	counted := v.Counted()
	for _, c := range counted.Paths {
		d.Paths = append(d.Paths, DossierCount{c.Path, c.N})
	}
	for _, x := range counted.People {
		d.People = append(d.People, DossierDeeds(x))
		for _, id := range slices.Concat(x.Spoke, x.Carried, x.Proposed, x.Accepted, x.Reported) {
			used[id] = true
		}
	}
	for _, it := range p.Items() {
		if !used[it.ID] {
			continue
		}
		e, err := fileEntry(it)
		if err != nil {
			return Dossier{}, err
		}
		d.Entries = append(d.Entries, e)
	}
	return d, nil
}

// JSON gives a dossier for other programs. spec/dossier.schema.json states its
// form.
func (d Dossier) JSON() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(d); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "exchange.dossier-encode", "", "the dossier does not encode")
	}
	return b.Bytes(), nil
}
