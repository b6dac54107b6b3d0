package report_test

import (
	"os"

	"github.com/countersign-dev/countersign/internal/benchmarks/report"
)

func Example() {
	rows := []report.Row{
		{What: "sign, GET", Brief: true, Ours: report.Duration(2960), Other: "somebody: " + report.Duration(13_300), Ratio: report.Ratio(4.493) + " faster", Goal: "≥ 4 ×", Met: true},
		{What: "serve", Ours: report.Duration(12_345_678), Other: "nobody: " + report.Duration(999), Ratio: report.Ratio(123.4), Goal: "≥ 200 ×"},
	}
	_ = report.Write(os.Stdout, rows)
	_ = report.WriteBrief(os.Stdout, rows)
	// Output:
	// |           | Countersign | compared with     | ratio         | goal            |
	// | --------- | ----------- | ----------------- | ------------- | --------------- |
	// | sign, GET | 2.96 µs     | somebody: 13.3 µs | 4.49 × faster | ≥ 4 ×           |
	// | serve     | 12.3 ms     | nobody: 999 ns    | 123 ×         | ≥ 200 ×, missed |
	// |           | Countersign | compared with     | ratio         |
	// | --------- | ----------- | ----------------- | ------------- |
	// | sign, GET | 2.96 µs     | somebody: 13.3 µs | 4.49 × faster |
}
