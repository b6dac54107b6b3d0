package main

import (
	"fmt"
	"strings"
)

func limitVectors() []vector {
	// Target lengths count every byte of the target.
	long := func(length int) func(*recipe) {
		return func(r *recipe) { r.target = "/" + strings.Repeat("p", length-1) }
	}
	parameters := func(count int) func(*recipe) {
		return func(r *recipe) {
			r.target = "/v1/orders?p0=0"
			for i := 1; i < count; i++ {
				r.target += fmt.Sprintf("&p%d=%d", i, i)
			}
		}
	}
	short := func(count int) func(*recipe) {
		return func(r *recipe) { r.target = "/v1/orders?" + strings.Repeat("p&", count-1) + "p" }
	}
	// Host, date and nonce are signed as well.
	signed := func(count int) func(*recipe) {
		return func(r *recipe) {
			for i := range count - 3 {
				r.add(fmt.Sprintf("X-Field-%02d", i), "v")
			}
		}
	}
	unsigned := func(count int) func(*recipe) {
		return func(r *recipe) {
			for i := range count {
				r.addUnsigned(fmt.Sprintf("X-Field-%03d", i), "v")
			}
		}
	}
	// Names and values of all lines, the Host's among them.
	largest := func(size int) func(*recipe) {
		return func(r *recipe) {
			r.add("X-Note", "")
			others := 0
			for _, h := range r.sign().wire.headers {
				others += len(h.name) + len(h.value)
			}
			r.headers[1].value = strings.Repeat("n", size-others)
		}
	}
	body := func(length int) func(*recipe) {
		return func(r *recipe) { r.send("POST", strings.Repeat("b", length)) }
	}
	hashed := func(length int) func(*recipe) {
		return func(r *recipe) {
			body(length)(r)
			r.contentHash = sha256Hex(r.body)
		}
	}
	return []vector{
		accept("limits/longest-target", "A target of 16384 bytes.", long(16384)),
		accept("limits/most-parameters", "256 parameters.", parameters(256)),
		accept("limits/most-signed-headers", "64 signed headers.", signed(64)),
		accept("limits/longest-signed-name", "A signed header whose name has 128 characters.", func(r *recipe) {
			r.add("X-"+strings.Repeat("n", 126), "v")
		}),
		accept("limits/most-headers", "100 header lines, most of them unsigned.", unsigned(96)),
		accept("limits/largest-headers", "Header names and values of 32768 bytes.", largest(32768)),
		accept("limits/largest-body", "A body of max_body bytes, with its content hash.", hashed(maxBody)),
		accept("limits/largest-unsigned-body",
			"A body of max_unhashed_body bytes, without a content hash.", body(maxUnhashedBody)),

		refuse("limits/target-too-long", "limits/longest-target", "limit_exceeded",
			"A target of 16385 bytes.", long(16385)),
		refuse("limits/too-many-parameters", "limits/most-parameters", "limit_exceeded",
			"257 parameters.", parameters(257)),
		refuse("limits/too-many-signed-headers", "limits/most-signed-headers", "limit_exceeded",
			"65 signed headers.", func(r *recipe) { r.add("X-Field-99", "v") }),
		refuse("limits/signed-name-too-long", "limits/longest-signed-name", "limit_exceeded",
			"A signed header whose name has 129 characters.", func(r *recipe) { r.headers[1].name += "n" }),
		refuse("limits/too-many-connection-options", "headers/connection", "limit_exceeded",
			"A Connection header of 65 options.", func(r *recipe) {
				r.edit = func(w *wire) { w.set("Connection", strings.Repeat("x-hop, ", 64)+"close") }
			}),
		refuse("limits/parameters-8000", "limits/most-parameters", "limit_exceeded",
			"8,000 parameters in a target that is short enough.", short(8000)),
		refuse("limits/parameters-10000", "limits/most-parameters", "limit_exceeded",
			"10,000 parameters.", short(10000)),
		refuse("limits/parameters-10000-presigned", "presigned/with-query", "limit_exceeded",
			"10,000 parameters beside the signature's.", short(10000)),
		refuse("limits/signed-headers-4000", "limits/most-signed-headers", "limit_exceeded",
			"4,000 signed headers.", func(r *recipe) {
				for i := range 4000 - 64 {
					r.add(fmt.Sprintf("Y%d", 1000+i), "v")
				}
			}),
		refuse("limits/signed-names-4000", "limits/most-signed-headers", "limit_exceeded",
			"SignedHeaders names 4,000 headers, most of which are not there.", func(r *recipe) {
				r.list = func(names []string) []string {
					for i := range 4000 - len(names) {
						names = append(names, fmt.Sprintf("y%d", 1000+i))
					}
					return names
				}
			}),
		refuse("limits/too-many-headers", "limits/most-headers", "limit_exceeded",
			"102 header lines: too many with the Host line and without.", func(r *recipe) {
				r.addUnsigned("X-More-1", "v")
				r.addUnsigned("X-More-2", "v")
			}),
		refuse("limits/headers-too-large", "limits/largest-headers", "limit_exceeded",
			"Header names and values of 32788 bytes: too many with the Host line and without.", func(r *recipe) {
				r.headers[1].value += strings.Repeat("n", 20)
			}),
		refuse("limits/body-too-large", "limits/largest-body", "payload_too_large",
			"A body of one byte more than max_body, with its content hash.", hashed(maxBody+1)),
		refuse("limits/unsigned-body-too-large", "limits/largest-unsigned-body", "payload_too_large",
			"A body of one byte more than max_unhashed_body, without a content hash.", body(maxUnhashedBody+1)),
		refuse("limits/chunked-body-too-large", "limits/largest-unsigned-body", "payload_too_large",
			"The same in chunks, so that no length announces it.", func(r *recipe) {
				body(maxUnhashedBody + 1)(r)
				r.framing = "chunked"
			}),
	}
}
