package interop

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
)

// draw draws random requests: what clients send, and now and then what they should not.
type draw struct{ *rand.Rand }

func newDraw(seed uint64) draw { return draw{rand.New(rand.NewPCG(seed, 0))} }

func (d draw) of(list ...string) string { return list[d.IntN(len(list))] }

func (d draw) chance(percent float64) bool { return d.Float64()*100 < percent }

// request draws a request with a fresh nonce. sloppy ones hold raw what a client should have escaped.
func (d draw) request(presign bool) request {
	sloppy := d.chance(6)
	r := request{Presign: presign, Target: d.path(sloppy), nonce: fmt.Sprintf("%016x%016x", d.Uint64(), d.Uint64())}
	pairs := d.pairs(sloppy)
	if presign {
		r.Expires = 300 + d.IntN(601) // longer than a trial lasts
		pairs = append(pairs, fmt.Sprintf("X-Amz-Expires=%d", r.Expires), "X-Amz-Nonce="+r.nonce)
		d.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
	}
	if len(pairs) > 0 || d.chance(2) {
		r.Target += "?" + strings.Join(pairs, "&")
	}
	r.Method = d.method()
	switch strings.ToUpper(r.Method) {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodDelete:
	default:
		r.Body = d.body()
	}
	r.Header = d.headers(r.Body)
	if !presign {
		r.Header = append(r.Header, [2]string{"X-Amz-Nonce", r.nonce})
	}
	return r
}

func (d draw) method() string {
	if d.chance(2) {
		return d.of("post", "get", "patch", "Put", "PURGE", "REPORT", "M-SEARCH")
	}
	return d.of("GET", "GET", "GET", "HEAD", "DELETE", "OPTIONS", "POST", "POST", "POST", "PUT", "PUT", "PATCH")
}

func (d draw) path(sloppy bool) string {
	var path strings.Builder
	for range 1 + d.IntN(4) {
		path.WriteString("/" + d.text(1+d.IntN(6), "!$&'()*+,=:@", sloppy))
	}
	if d.chance(2) {
		path.WriteString("/" + d.of(".", "..", "", "%2e", "%2E%2e", "..%2fadmin", "a%2Fb", "a%5cb", `a\b`, "%00", "%ff", "%c0%af",
			".;x", "..;x", ";x", "a;b", "a#b", "%zz", "%") + "/" + d.of("", "orders"))
	}
	if d.chance(10) {
		path.WriteString("/")
	}
	return path.String()
}

func (d draw) pairs(sloppy bool) []string {
	var pairs []string
	for range d.IntN(6) {
		name := d.of("a", "b", "A", "tag", "tag", "tag", "z-1", "10", "2", "filter%5Bx%5D", "%C3%A9", "key%20name")
		if d.chance(15) {
			name = d.text(1+d.IntN(4), "!$'()*,:@/?+", sloppy)
		}
		switch value := d.of("", "1", "2024-01-01", "a-b", "a/b", "a%2Fb", "a.b", "1%2B1%3D2", "~*'()", "a:b", "b%20", "=="); {
		case d.chance(4):
			pairs = append(pairs, name)
		case d.chance(50):
			pairs = append(pairs, name+"="+d.text(d.IntN(8), "!$'()*,:@/?+=", sloppy))
		default:
			pairs = append(pairs, name+"="+value)
		}
	}
	if d.chance(3) {
		pairs = append(pairs, d.of("a=1;b=2", ";", "", "=x", "q=%zz", "q=%", "q=%00", "q=%ff", "q=%e2%82",
			"x-countersign-date=1", "X-Amz-Extra=1", "x-amz-extra=1", "x%2Damz-extra=1"))
		d.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
	}
	if d.chance(0.3) {
		for i := range 257 {
			pairs = append(pairs, fmt.Sprintf("p%d=", i))
		}
	}
	return pairs
}

// text draws a piece of a target of so many characters: plain ones, raw reserved ones, escapes.
func (d draw) text(length int, reserved string, sloppy bool) string {
	var text strings.Builder
	for range length {
		switch n := d.IntN(100); {
		case sloppy && n < 25:
			text.WriteString(d.of(" ", "é", "日", "😀", `"`, "<", ">", "[", "]", "^", "`", "{", "|", "}"))
		case n < 60:
			text.WriteByte("abcxyzABCXYZ0189-._~"[d.IntN(20)])
		case n < 72:
			text.WriteByte(reserved[d.IntN(len(reserved))])
		case n < 77: // an escape that nobody needs
			text.WriteString(escaped(string("aZ5-._~"[d.IntN(7)]), d.chance(50)))
		case n < 88:
			text.WriteString(escaped(d.of(strings.Split(" !\"#$%&'()*+,:;<=>?@[]^`{|}", "")...), d.chance(20)))
		default:
			text.WriteString(escaped(d.character(), d.chance(20)))
		}
	}
	return text.String()
}

// character draws a character beyond ASCII.
func (d draw) character() string {
	ranges := [][2]rune{{0xa0, 0x17f}, {0x300, 0x36f}, {0x4e00, 0x9fff}, {0x1f300, 0x1f6ff}, {0xfffd, 0xfffd}, {0x200b, 0x200f}}
	r := ranges[d.IntN(len(ranges))]
	return string(r[0] + rune(d.IntN(int(r[1]-r[0]+1))))
}

// escaped percent-encodes every byte of s.
func escaped(s string, lower bool) string {
	format := "%%%02X"
	if lower {
		format = "%%%02x"
	}
	var text strings.Builder
	for _, b := range []byte(s) {
		fmt.Fprintf(&text, format, b)
	}
	return text.String()
}

// body draws up to 64 KiB, mostly less.
func (d draw) body() []byte {
	length := 0
	switch n := d.IntN(100); {
	case n < 15:
	case n < 65:
		length = d.IntN(200)
	case n < 88:
		length = d.IntN(4 << 10)
	default:
		length = d.IntN(64<<10 + 1)
	}
	body := make([]byte, length)
	for i := range body {
		body[i] = byte(d.Uint32())
	}
	if d.chance(40) {
		text := `{"name":"` + d.character() + `"}` + "\r\n"
		return []byte(strings.Repeat(text, length/len(text)))
	}
	return body
}
