package render

import "io"

// BatchStatusSchema and BatchVerifySchema are the versions of the contracts that docs/schema/batch-status.v1.json and
// batch-verify.v1.json describe.
const (
	BatchStatusSchema = "resnet.batch-status/v1"
	BatchVerifySchema = "resnet.batch-verify/v1"
)

// BatchStatus is how far a job is.
type BatchStatus struct {
	Job, Command, Network string // Job is its folder
	Images, Computed      int64  // all, and those of the shards that are done
	Failed, NonFinite     int64  // of those
	Shards, Done, Begun   int
	Left                  int   // of those that were begun, those that nobody computes any more
	Bytes                 int64 // of the results
	Damaged               int   // lines of the manifest that say nothing
	Complete              bool
}

// WriteJSON writes the contract resnet.batch-status/v1.
func (s BatchStatus) WriteJSON(w io.Writer) error {
	return writeData(w, Data{Head: []Field{
		{"schema", BatchStatusSchema}, {"job", s.Job}, {"command", s.Command}, {"network", s.Network}, {"images", s.Images}, {"images_done", s.Computed},
		{"failed", s.Failed}, {"non_finite", s.NonFinite}, {"shards", s.Shards}, {"shards_done", s.Done}, {"shards_begun", s.Begun}, {"shards_left", s.Left},
		{"bytes", s.Bytes}, {"damaged_lines", s.Damaged}, {"complete", s.Complete},
	}})
}

// BatchVerify tells whether a job's results are all there, once and as they were written.
type BatchVerify struct {
	Job            string
	Images, Failed int64
	Shards         int
	Faults         []string // the first ones
	Found          int      // faults in all
}

// WriteJSON writes the contract resnet.batch-verify/v1.
func (v BatchVerify) WriteJSON(w io.Writer) error {
	data := Data{Head: []Field{
		{"schema", BatchVerifySchema}, {"job", v.Job}, {"images", v.Images}, {"failed", v.Failed}, {"shards", v.Shards},
		{"ok", v.Found == 0}, {"faults_found", v.Found},
	}, List: "faults"}
	for _, fault := range v.Faults {
		data.Items = append(data.Items, fault)
	}
	return writeData(w, data)
}
