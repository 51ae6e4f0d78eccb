package accordtest

import (
	"fmt"

	"backchannel/internal/accord"
	"backchannel/internal/circle"
	"backchannel/internal/record"
	"backchannel/internal/wire"
)

// row is one kind: how often it comes, how often at most, and how it is made.
type row struct {
	kind   record.Kind
	weight int
	limit  int // 0: none
	make   func(*Gen, *draft) record.Body
}

// kinds is every kind that there is.
var kinds = []row{
	{record.KindPerson, 2, maxPeople, (*Gen).introduce},
	{record.KindParty, 1, 40, (*Gen).party},
	{record.KindRole, 2, 150, (*Gen).role},
	{record.KindCredential, 3, 60, (*Gen).credential},
	{record.KindInstruction, 2, 200, (*Gen).instruction},
	{record.KindRule, 1, 20, (*Gen).rule},
	{record.KindApproach, 2, 60, (*Gen).approach},
	{record.KindOpen, 1, 20, func(g *Gen, _ *draft) record.Body { return record.Open{Text: g.maybe(g.text())} }},
	{record.KindClose, 1, 20, func(g *Gen, _ *draft) record.Body { return record.Close{Text: g.maybe(g.text())} }},
	{record.KindMessage, 90, 0, (*Gen).message},
	{record.KindConveyance, 20, 0, (*Gen).conveyance},
	{record.KindReadBack, 8, 0, (*Gen).readBack},
	{record.KindNote, 6, 0, func(g *Gen, _ *draft) record.Body { return record.Note{Text: g.text()} }},
	{record.KindComparison, 1, 60, (*Gen).comparison},
	{record.KindCorrection, 6, 0, (*Gen).correction},
	{accord.KindTerm, 14, 0, (*Gen).term},
	{accord.KindPackage, 7, 0, (*Gen).pack},
	{accord.KindAct, 20, 0, (*Gen).act},
	{accord.KindPerformance, 10, 0, (*Gen).performance},
	{accord.KindEvent, 4, 0, (*Gen).event},
	{accord.KindNothingOwed, 2, 200, (*Gen).nothing},
	{record.KindPersonStatus, 3, 0, (*Gen).status},
	{record.KindProofOfLife, 2, 0, (*Gen).proof},
	{accord.KindSounding, 2, 0, (*Gen).sounding},
	{accord.KindSoundingAnswer, 2, 0, (*Gen).soundingAnswer},
	{accord.KindCriticism, 2, 0, (*Gen).criticism},
	{accord.KindTranslation, 2, 0, (*Gen).translation},
	{accord.KindConfirmation, 2, 0, (*Gen).confirmation},
	{accord.KindChannelKey, 1, 40, (*Gen).channelKey},
	{accord.KindAttestation, 1, 60, (*Gen).attestation},
	{circle.KindDisclosure, 3, 0, (*Gen).disclosure},
	{circle.KindRequest, 2, 0, (*Gen).request},
	{circle.KindAnswer, 2, 0, (*Gen).answer},
	{circle.KindPlannedLine, 1, 0, (*Gen).plannedLine},
	{circle.KindIncident, 1, 60, (*Gen).incident},
	{circle.KindIncidentStep, 2, 0, (*Gen).incidentStep},
	{circle.KindPlan, 1, 100, (*Gen).notificationPlan},
	{circle.KindNotification, 3, 0, (*Gen).notification},
	{circle.KindAccount, 2, 200, (*Gen).account},
	{circle.KindRetention, 1, 60, (*Gen).retention},
	{"sign", 2, 0, (*Gen).unknown},
}

const maxPeople = 120

// player is somebody of the cast.
type player struct {
	name, of record.Name
	as       record.RoleKind
}

var (
	cast = []player{
		{"go-between", "", record.GoBetween}, {"envoy", "power", record.Envoy}, {"president", "power", record.Principal},
		{"official", "movement", record.Envoy}, {"commander", "movement", record.Principal}, {"minister", "ally", record.Envoy},
		{"second-host", "", record.GoBetween}, {"observer", "third-state", record.Monitor},
	}
	parties = []record.Party{
		{Name: "power", Title: "The power", Side: "power"}, {Name: "movement", Title: "The movement", Side: "movement"},
		{Name: "ally", Title: "The ally", Side: "power", Absent: true}, {Name: "third-state", Title: "The third state"},
	}
	mandates = []record.Mandate{record.MaySpeak, record.MayOffer, record.MayBind}
	passes   = []record.Pass{record.PassMay, record.PassVerbatim, record.PassIfAsked, record.PassAsOwnIdea, record.PassNot}
	evidence = []record.EvidenceKind{record.SignedPaper, record.UnsignedDoc, record.Recording, record.Recollected}
	zones    = []string{"", "", "+03:00", "Europe/Paris", "-05:00"}
	langs    = []string{"en", "fr", "ar", "de"}
	forms    = []record.Form{record.Text, record.Call, record.VoiceNote, record.Meeting, record.Paper}
	fidelity = []record.Fidelity{record.Verbatim, record.Verbatim, record.Translation, record.Paraphrase, record.OwnView, record.Hearsay, record.Sealed}
	quoting  = []record.Attribution{"", "", record.OnTheRecord, record.NotForAttr, record.NonPaper}
	speech   = []record.SpeechAct{
		record.Inform, record.Inform, record.Ask, record.Ask, record.Float, record.Propose, record.Counter, record.Accept, record.Reject,
		record.Confirm, record.Deny, record.Decline, record.Withdraw, record.Warn, record.Report,
	}
	steps  = []record.Step{record.Drafted, record.Handed, record.Conveyed, record.Conveyed, record.Received, record.Returned, record.Lost}
	spoken = []string{
		"The crossing opens on Friday.", "They want seventy days, not ninety.", "No names on paper.", "Tell them the list is complete.",
		"« C'est notre dernier mot. »", "لا جواب بعد", "He said \"unconditional\" twice.", "Ask\nagain tomorrow.", "<b>Not</b> for the ally & not for the press.",
		"Ten first, then the rest.", "It is not what we agreed.", "We have heard nothing.", "Who speaks for them?", "Read it back to me.",
	}
)

// cast plans the entries that introduce the people of the channel.
func (g *Gen) cast() {
	hand := func(b record.Body) {
		g.plan = append(g.plan, func(d *draft) {
			g.by(d, g.o.Keeper)
			d.Body = b
		})
	}
	for _, p := range parties {
		hand(p)
	}
	for _, p := range cast {
		g.people.add(p.name)
		hand(record.Person{Name: p.name, Title: "The " + string(p.name), Of: p.of})
		hand(record.Role{Person: p.name, Party: p.of, As: p.as})
	}
	for _, p := range cast {
		if p.as == record.Envoy {
			hand(record.Credential{Holder: p.name, Party: p.of, Issuer: p.of, May: mandates})
		}
	}
	hand(record.Rule{})
}

// text gives something said; now and then nothing twice the same.
func (g *Gen) text() string {
	if g.one(3) {
		return fmt.Sprintf("%s (%d)", pick(g, spoken), g.rng.IntN(1e6))
	}
	return pick(g, spoken)
}

func (g *Gen) person() record.Name { return from(g, &g.people) }

// partyName gives a party; most often one of the two that matter.
func (g *Gen) partyName() record.Name {
	if g.one(3) {
		return pick(g, parties).Name
	}
	return pick(g, parties[:2]).Name
}

func (g *Gen) introduce(*draft) record.Body {
	p := record.Person{Name: g.person(), Lang: g.maybe("en"), Short: g.maybe("Short")}
	if g.one(2) {
		g.serial++
		p.Name = record.Name(fmt.Sprintf("adviser-%d", g.serial))
		g.people.add(p.Name)
	}
	p.Title = fmt.Sprintf("The %s of %d", p.Name, g.rng.IntN(1000))
	if g.one(2) {
		p.Of = g.partyName()
	}
	return p
}

func (g *Gen) party(*draft) record.Body {
	p := pick(g, parties)
	if g.one(2) {
		p.Name = record.Name(fmt.Sprintf("faction-%d", g.rng.IntN(4)))
	}
	p.Title = fmt.Sprintf("%s %d", p.Title, g.rng.IntN(1000))
	return p
}

func (g *Gen) role(*draft) record.Body {
	r := record.Role{Person: g.person(), Party: g.partyName(), As: record.RoleKind(pick(g, []record.RoleKind{
		record.Principal, record.Envoy, record.GoBetween, record.Guarantor, record.Implementer, record.Monitor, record.Witness, record.Mediator, record.Contact,
	}))}
	return r
}

func (g *Gen) credential(d *draft) record.Body {
	c := record.Credential{Holder: g.person(), Party: g.partyName(), Issuer: g.person(), May: mandates[:1+g.rng.IntN(3)], Evidence: g.maybe(g.text())}
	if g.one(3) {
		c.On = []record.Name{g.topic(), "truce"}
	}
	if g.one(3) {
		c.Until = g.now + record.Instant(g.rng.IntN(60*day))
	}
	if g.one(2) {
		g.by(d, c.Holder)
	}
	return c
}

func (g *Gen) instruction(*draft) record.Body {
	i := record.Instruction{Holder: g.person(), Text: g.text()}
	if len(i.Text)%3 == 0 { // not by chance: an old seed still makes the same talk around it
		return record.TimeZone{Of: i.Holder, Zone: "Asia/Qatar", Place: "Doha"}
	}
	return i
}

func (g *Gen) rule(*draft) record.Body { return record.Rule{PassUnlessMarked: g.one(2)} }

func (g *Gen) approach(*draft) record.Body {
	return record.Approach{Asker: g.person(), To: g.person(), Through: g.hops(), Form: pick(g, forms), Text: g.maybe(g.text())}
}

func (g *Gen) hops() []record.Name {
	var out []record.Name
	for range min(g.rng.IntN(4), g.rng.IntN(4)) {
		out = append(out, g.person())
	}
	return out
}

// message is what is said: most often by its author, first hand, to somebody of
// the other side.
func (g *Gen) message(d *draft) record.Body {
	m := record.Message{
		From: d.By, To: g.person(), Via: g.hops(), Form: pick(g, forms), Fidelity: pick(g, fidelity), Attribution: pick(g, quoting),
		SpeechAct: pick(g, speech), Text: g.text(), Lang: pick(g, langs),
	}
	if g.one(3) {
		m.From = g.person()
	}
	if m.Fidelity == record.Translation || g.one(20) {
		m.Source, m.SourceLang, m.Translator = g.text(), pick(g, langs), g.person()
	}
	if g.one(6) {
		m.Authority = g.text()
	}
	if g.one(10) {
		m.Draft = 1 + g.rng.IntN(5)
	}
	if m.SpeechAct == record.Deny && !g.one(4) {
		m.Denies = g.some()
	}
	if m.SpeechAct != record.Ask && g.one(2) || m.SpeechAct == record.Decline {
		d.Answers = g.some()
	}
	return m
}

func (g *Gen) conveyance(*draft) record.Body {
	c := record.Conveyance{Of: g.ref(&g.carried), To: g.person(), Step: pick(g, steps), Fidelity: pick(g, fidelity), Form: pick(g, forms), Note: g.maybe(g.text())}
	if g.one(2) {
		c.As = g.ref(&g.carried)
	}
	return c
}

func (g *Gen) readBack(*draft) record.Body {
	r := record.ReadBack{Of: g.some(), By: g.person(), OK: !g.one(3)}
	if !r.OK {
		r.Corrected = g.text()
	}
	return r
}

// correction says something else of the same kind, most often by the author of
// what it corrects.
func (g *Gen) correction(d *draft) record.Body {
	old := from(g, &g.recent)
	if old.Body == nil || old.Body.Kind() == record.KindCorrection {
		return nil
	}
	switch old.Body.(type) {
	case record.Role, record.Credential:
		if !g.one(20) {
			return nil // or soon nobody here would speak for anybody
		}
	}
	scratch := &draft{Entry: record.Entry{ID: g.id(), By: old.By}}
	now := g.body(old.Body.Kind(), scratch)
	if g.one(6) {
		now = record.Withdrawn{Of: old.Body.Kind()}
	}
	if now == nil || now.Kind() == record.KindCorrection {
		return nil
	}
	if !g.one(5) {
		g.by(d, old.By)
	}
	d.Corrects = old.ID
	if g.dangling() {
		d.Corrects = g.id()
	}
	c := record.Correction{Now: now, Reason: g.maybe(g.text())}
	if w, gone := now.(record.Withdrawn); gone && d.By == g.o.Keeper && old.By == d.By && len(old.Audience) > 0 && d.Corrects == old.ID {
		d.stays = true
		c = record.Correction{Now: w, Reason: c.Reason, Back: true, From: old.Audience} // before it left
	}
	return c
}

func (g *Gen) unknown(d *draft) record.Body {
	d.Critical = g.o.Critical && g.one(4)
	return record.Unknown{Of: "sign", Raw: wire.MustEncode(map[int]string{1: g.text()})}
}
