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
		accept("limits/many-headers", "90 headers, most of them unsigned.", unsigned(86)),
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
		refuse("limits/too-many-headers", "limits/many-headers", "limit_exceeded",
			"120 headers, most of them unsigned.", func(r *recipe) {
				for i := range 30 {
					r.addUnsigned(fmt.Sprintf("X-More-%02d", i), "v")
				}
			}),
		refuse("limits/headers-too-large", "headers/required-signed", "limit_exceeded",
			"A signed header of 33 KiB.", func(r *recipe) {
				r.add("X-Note", strings.Repeat("n", 33*1024))
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
