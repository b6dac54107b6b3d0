package window

// Verdict is the window's answer to one claim. The zero value is no answer at all and is treated
// as a refusal by every caller.
type Verdict struct {
	Kind Kind
	// Bound goes with BelowFloor, Expired and BelowDropLine: the floor, now, or the drop line, in
	// nanoseconds since 1970.
	Bound int64
}

// NoRoom reports whether the claim was refused for want of room, so that a drop may help.
func (v Verdict) NoRoom() bool { return v.Kind == Full || v.Kind == OverShare }

// Kind is what a Verdict says.
type Kind int

// The verdicts. The stores translate them to the errors of package nonce, which imports this one.
const (
	Undecided Kind = iota
	Won
	Replayed
	BelowFloor
	Expired
	BelowDropLine
	Full
	OverShare
)
