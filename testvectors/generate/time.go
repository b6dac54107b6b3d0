package main

func timeVectors() []vector {
	dated := func(date string) func(*recipe) {
		return func(r *recipe) { r.date, r.scopeDate = date, "20260102" }
	}
	ago := func(seconds int) func(*recipe) {
		return func(r *recipe) { r.signedAgo(seconds) }
	}
	const day = 24 * 60 * 60
	return []vector{
		accept("time/oldest", "Signed 300 seconds ago, the last second that is in time.", ago(300)),
		accept("time/newest", "Signed 300 seconds ahead, the first second that is in time.", ago(-300)),
		accept("time/before-midnight",
			"Signed before midnight and verified after: the scope has the date of the signing.", func(r *recipe) {
				r.clock, r.date = "20260103T000002Z", "20260102T235958Z"
			}),
		accept("time/after-midnight",
			"Signed after midnight by a clock ahead, and verified before.", func(r *recipe) {
				r.clock, r.date = "20260102T235958Z", "20260103T000002Z"
			}),
		accept("time/leap-day", "The 29th of February of a leap year.", func(r *recipe) {
			r.clock, r.date = "20280229T120000Z", "20280229T120000Z"
		}),

		refuse("time/too-old", "time/oldest", "clock_skew", "Signed 301 seconds ago.", ago(301)),
		refuse("time/too-new", "time/newest", "clock_skew", "Signed 301 seconds ahead.", ago(-301)),
		refuse("time/day-old", "time/oldest", "clock_skew",
			"Signed a day and 300 seconds ago, the oldest that is called skew.", ago(day+300)),
		refuse("time/day-new", "time/newest", "clock_skew",
			"Signed a day and 300 seconds ahead, the newest that is called skew.", ago(-day-300)),
		refuse("time/far-old", "time/oldest", "far_time",
			"Signed a day and 301 seconds ago: refused before any hashing.", ago(day+301)),
		refuse("time/far-new", "time/newest", "far_time",
			"Signed a day and 301 seconds ahead: refused before any hashing.", ago(-day-301)),
		refuse("time/far-year", "time/oldest", "far_time", "Signed a year ago.", ago(365*day)),
		refuse("time/no-zone", "path/plain", "bad_time", "The date does not end in Z.", dated("20260102T150405")),
		refuse("time/lower-case", "path/plain", "bad_time",
			"The letters of the date are in lower case.", dated("20260102t150405z")),
		refuse("time/extended-format", "path/plain", "bad_time",
			"The date is written with hyphens and colons.", dated("2026-01-02T15:04:05Z")),
		refuse("time/fraction", "path/plain", "bad_time",
			"The date has a fraction of a second.", dated("20260102T150405.0Z")),
		refuse("time/offset", "path/plain", "bad_time",
			"The date has an offset in place of Z.", dated("20260102T150405+0000")),
		refuse("time/hour-24", "path/plain", "bad_time", "There is no hour 24.", dated("20260102T240000Z")),
		refuse("time/second-60", "path/plain", "bad_time",
			"A leap second is not accepted.", dated("20260102T150460Z")),
		refuse("time/empty", "path/plain", "bad_time", "The date header is empty.", dated("")),
		refuse("time/joined", "path/plain", "bad_time",
			"The date header holds two dates, joined with a comma.", dated(clock+","+clock)),
		refuse("time/impossible-day", "time/leap-day", "bad_time",
			"The 30th of February; the scope has the day before.", func(r *recipe) { r.date, r.scopeDate = "20280230T120000Z", "20280229" }),
		refuse("time/month-13", "path/plain", "bad_time", "There is no month 13.", dated("20261302T150405Z")),
		refuse("time/month-zero", "path/plain", "bad_time", "There is no month 0.", dated("20260002T150405Z")),
		refuse("time/day-zero", "path/plain", "bad_time", "There is no day 0.", dated("20260100T150405Z")),
		refuse("time/minute-60", "path/plain", "bad_time", "There is no minute 60.", dated("20260102T156005Z")),
		refuse("time/no-leap-day", "time/leap-day", "bad_time",
			"The 29th of February of a year that is no leap year.", func(r *recipe) { r.date, r.scopeDate = "20270229T120000Z", "20280229" }),
		refuse("time/no-leap-day-in-century", "time/leap-day", "bad_time",
			"The 29th of February 2100, no leap year either.", func(r *recipe) { r.date, r.scopeDate = "21000229T120000Z", "20280229" }),
		refuse("time/year-negative", "path/plain", "bad_time",
			"The year has a minus sign.", dated("-0260102T150405Z")),
		refuse("time/http-date", "path/plain", "bad_time",
			"The date is written as in HTTP's Date header.", dated("Fri, 02 Jan 2026 15:04:05 GMT")),
		refuse("time/digits", "path/plain", "bad_time",
			"The year has digits that are not ASCII's.", dated("２０２６0102T150405Z")),
		refuse("time/unix", "path/plain", "bad_time", "The date is a number of seconds.", dated("1767366245")),
		refuse("time/altered", "path/plain", "signature_mismatch",
			"The date is set a second later after signing.", func(r *recipe) {
				r.tamper = func(w *wire) { w.set("X-Countersign-Date", "20260102T150406Z") }
			}),
	}
}
