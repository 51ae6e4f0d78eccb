package cli

import (
	"github.com/alecthomas/kong"

	"backchannel/internal/record"
	"backchannel/internal/words"
)

// root is the whole command line. Help texts stand in the catalogue, under
// cli.help and the command's path; see describe.
type root struct {
	Help       helpFlag `short:"h"`
	Desk       string   `env:"BACKCHANNEL_DESK" placeholder:"DIR"`
	Passphrase string   `name:"passphrase-file" env:"BACKCHANNEL_PASSPHRASE_FILE" placeholder:"FILE"`
	JSON       bool     `name:"json"`
	Tor        string   `env:"BACKCHANNEL_TOR" placeholder:"HOST:PORT"`

	Calendar words.Calendar `enum:"gregorian,hijri,both" default:"gregorian" env:"BACKCHANNEL_CALENDAR" placeholder:"HOW"`
	Digits   words.Digits   `enum:"western,eastern" default:"western" env:"BACKCHANNEL_DIGITS" placeholder:"HOW"`

	DeskCmd  deskCmd     `cmd:"" name:"desk" group:"alone"`
	Log      logCmd      `cmd:"" group:"alone"`
	Note     noteCmd     `cmd:"" group:"alone"`
	Lock     lockCmd     `cmd:"" group:"alone"`
	Unlock   unlockCmd   `cmd:"" group:"alone"`
	Phone    phoneCmd    `cmd:"" group:"alone"`
	Approach approachCmd `cmd:"" group:"alone"`
	ReadBack readBackCmd `cmd:"" name:"read-back" group:"alone"`
	Mark     markCmd     `cmd:"" group:"alone"`
	Correct  correctCmd  `cmd:"" group:"alone"`
	GiveBack giveBackCmd `cmd:"" name:"give-back" group:"alone"`
	Status   statusCmd   `cmd:"" group:"alone"`
	Proof    proofCmd    `cmd:"" group:"alone"`
	Import   importCmd   `cmd:"" group:"alone"`

	Person      personCmd      `cmd:"" group:"who"`
	Party       partyCmd       `cmd:"" group:"who"`
	Capital     capitalCmd     `cmd:"" group:"who"`
	Role        roleCmd        `cmd:"" group:"who"`
	Credential  credentialCmd  `cmd:"" group:"who"`
	Instruction instructionCmd `cmd:"" group:"who"`
	Rule        ruleCmd        `cmd:"" group:"who"`

	Propose proposeCmd `cmd:"" group:"terms"`
	Act     actCmd     `cmd:"" group:"terms"`
	Deed    deedCmd    `cmd:"" group:"terms"`
	Event   eventCmd   `cmd:"" group:"terms"`
	Nothing nothingCmd `cmd:"" name:"owes-nothing" group:"terms"`
	Confirm confirmCmd `cmd:"" group:"terms"`
	Key     keyCmd     `cmd:"" group:"terms"`

	Agreement       agreementCmd       `cmd:"" group:"terms"`
	VerifyAgreement verifyAgreementCmd `cmd:"" name:"verify-agreement" group:"terms"`
	VerifyTerm      verifyTermCmd      `cmd:"" name:"verify-term" group:"terms"`

	Sounding  soundingCmd  `cmd:"" group:"terms"`
	Criticise criticiseCmd `cmd:"" group:"terms"`
	Translate translateCmd `cmd:"" group:"terms"`

	Standing    standingCmd    `cmd:"" group:"look"`
	Drafts      draftsCmd      `cmd:"" group:"look"`
	Owes        owesCmd        `cmd:"" group:"look"`
	Performance performanceCmd `cmd:"" group:"look"`
	Turns       turnsCmd       `cmd:"" group:"look"`
	Changed     changedCmd     `cmd:"" group:"look"`
	Paths       pathsCmd       `cmd:"" group:"look"`
	Compare     compareCmd     `cmd:"" group:"look"`
	Alarms      alarmsCmd      `cmd:"" group:"look"`
	Record      recordCmd      `cmd:"" group:"look"`
	Verify      verifyCmd      `cmd:"" group:"look"`
	Export      exportCmd      `cmd:"" group:"look"`

	Disputed     disputedCmd     `cmd:"" group:"look"`
	Corrected    correctedCmd    `cmd:"" group:"look"`
	Corroborated corroboratedCmd `cmd:"" group:"look"`

	circleCmds

	Cost        costCmd        `cmd:"" group:"line"`
	Enrol       enrolCmd       `cmd:"" group:"line"`
	Invite      inviteCmd      `cmd:"" group:"line"`
	Invites     invitesCmd     `cmd:"" group:"line"`
	Revoke      revokeCmd      `cmd:"" group:"line"`
	Join        joinCmd        `cmd:"" group:"line"`
	Lines       linesCmd       `cmd:"" group:"line"`
	Words       wordsCmd       `cmd:"" group:"line"`
	Say         sayCmd         `cmd:"" group:"line"`
	Undo        undoCmd        `cmd:"" group:"line"`
	Carry       carryCmd       `cmd:"" group:"line"`
	CompareLine compareLineCmd `cmd:"" name:"compare-line" group:"line"`
	Pouch       pouchCmd       `cmd:"" group:"line"`
	BonaFides   bonaFidesCmd   `cmd:"" group:"line"`
	SealedYes   sealedYesCmd   `cmd:"" group:"line"`
	Rekey       rekeyCmd       `cmd:"" group:"line"`
	Lost        lostCmd        `cmd:"" group:"line"`
	Hangup      hangupCmd      `cmd:"" group:"line"`
	Member      memberCmd      `cmd:"" group:"line"`

	Relay relayCmd `cmd:"" group:"relay"`

	Demo    demoCmd    `cmd:"" group:"try"`
	Observe observeCmd `cmd:"" group:"try"`
	Case    caseCmd    `cmd:"" group:"try"`
	Version versionCmd `cmd:"" group:"try"`
}

// groups are the headings of the help, by who uses the commands.
var groups = [...]string{"alone", "who", "terms", "look", "knows", "line", "relay", "try"}

// sending is for commands by which something may leave the desk.
type sending struct {
	Yes  bool `short:"y" xor:"step"` // do not ask
	Show bool `xor:"step"`           // show what would happen, and stop
}

// heard is for entries about what somebody else said.
type heard struct {
	SaidBy    record.Name `placeholder:"NAME"`
	HeardFrom record.Name `placeholder:"NAME"`
	Said      string      `placeholder:"WHEN"`
	Evidence  []string    `placeholder:"KIND[:NOTE]" sep:"none"`
}

// passing is what an author asks of whoever carries his entry.
type passing struct {
	Pass      record.Pass `enum:",may-pass,verbatim,if-asked,as-own-idea,not" default:"" placeholder:"HOW"`
	NotBefore string      `placeholder:"WHEN"`
	Wording   string      `placeholder:"TEXT"`
}

// clocks are the two clocks of every view.
type clocks struct {
	AsItStood string `placeholder:"WHEN"`
	AsWeKnew  string `placeholder:"WHEN"`
}

// helpFlag prints the help and ends the parse.
type helpFlag bool

// IgnoreDefault tells kong not to run the hook for the default.
func (helpFlag) IgnoreDefault() {}

// BeforeReset prints the help of the command that was named.
func (helpFlag) BeforeReset(ctx *kong.Context) error {
	if err := ctx.PrintUsage(false); err != nil {
		return err
	}
	return errHelped
}
