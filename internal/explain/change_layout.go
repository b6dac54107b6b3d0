package explain

// layoutChanges are about how the texts are put together: what people who write a signer get wrong.
var layoutChanges = []change{
	layoutAs("canonical-final-newline", "the canonical request that was signed ends in a line end", "end it with the payload hash", func(l *layout) { l.finalNewline = true }),
	layoutAs("canonical-without-empty-line", "the canonical request that was signed has no empty line behind the headers", "put one before the signed headers", func(l *layout) { l.noEmptyLine = true }),
	layoutAs("canonical-hash-upper-case", "the string to sign ends in a hash in upper case", "write lower-case hexadecimal digits", func(l *layout) { l.upperHash = true }),
	layoutAs("string-to-sign-final-newline", "the string to sign ends in a line end", "end it with the hash", func(l *layout) { l.toSignNewline = true }),
	layoutAs("line-ends-crlf", "the texts that were signed have CR LF at their line ends", "use LF alone", func(l *layout) { l.crlf = true }),
	layoutAs("signing-key-in-hex", "the steps of the signing key were handed on in hex", "hand on the 32 bytes of each HMAC", func(l *layout) { l.hexSteps = true }),
}

func layoutAs(name, is, fix string, set func(*layout)) change {
	return change{name, func(s *signed, _ *circumstances) cause {
		set(&s.layout)
		return cause{is, atClient, fix}
	}}
}
