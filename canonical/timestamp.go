package canonical

import "time"

// dateLayout is the one form of a time on the wire, always UTC, whole seconds. SPEC §3.1.
const dateLayout = "20060102T150405Z"

// FormatDate writes t as the wire does, 20060102T150405Z, dropping fractions of a second.
func FormatDate(t time.Time) string { return string(AppendDate(make([]byte, 0, len(dateLayout)), t)) }

// AppendDate appends t as the wire writes it.
func AppendDate(dst []byte, t time.Time) []byte {
	t = t.UTC()
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	return append(dst,
		digit(year/1000), digit(year/100), digit(year/10), digit(year),
		digit(int(month)/10), digit(int(month)), digit(day/10), digit(day), 'T',
		digit(hour/10), digit(hour), digit(minute/10), digit(minute), digit(second/10), digit(second), 'Z')
}

func digit(n int) byte { return '0' + byte(n%10) }

// ParseDate reads a time in the wire form; it refuses any other form and impossible dates.
func ParseDate(s string) (time.Time, error) {
	if len(s) != len(dateLayout) || s[8] != 'T' || s[15] != 'Z' || !validDay(s[:8]) {
		return time.Time{}, refuse(BadTime, "a date must be UTC, written 20060102T150405Z")
	}
	hour, minute, second := digits(s[9:11]), digits(s[11:13]), digits(s[13:15])
	if hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 {
		return time.Time{}, refuse(BadTime, "a date must hold a time of day from 000000 to 235959")
	}
	return time.Date(digits(s[:4]), time.Month(digits(s[4:6])), digits(s[6:8]), hour, minute, second, 0, time.UTC), nil
}

// validDay reports whether s is a day of the calendar written yyyymmdd.
func validDay(s string) bool {
	if len(s) != 8 {
		return false
	}
	year, month, day := digits(s[:4]), digits(s[4:6]), digits(s[6:])
	if year < 0 || month < 1 || month > 12 || day < 1 || day > 31 {
		return false
	}
	return day <= 28 || time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Day() == day
}

// digits returns the value of a short string of decimal digits, or -1.
func digits(s string) int {
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return -1
		}
		n = n*10 + int(s[i]-'0')
	}
	return n
}
