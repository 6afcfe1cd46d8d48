package features

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/onsi/gomega"

	"pop3mtm/mtm"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// mailSteps returns the steps about the actions and messages of a mail program.
func (w *world) mailSteps() []step {
	return []step{
		{"I {command}", "starts the command and waits for its end", `I copy new messages, then disconnecting`, w.do},
		{"I begin to {command}", "starts the command and continues while it runs", `I begin to move all messages, staying online`, w.beginTo},
		{"I cancel", "cancels the command that I began, after the server has fallen silent if it does", `I cancel`, w.cancel},
		{"I select {list}", "selects entries of the mailbox, for commands on selected messages", `I select "Lunch" and "Photos"`, w.selects},
		{"I collect mail in {folder}", "instead of the Inbox; a new folder, or one that does not exist", `I collect mail in the folder "Bills"`, w.collectIn},
		{"I leave out messages above {int} KB", "in all commands that follow", `I leave out messages above 50 KB`, w.leaveOut},
		{"I wait no longer than {int} second(s) for the server", "ends the connection, if there is one; the default is a minute", `I wait no longer than 1 second for the server`, w.waitNoLonger},
		{"I restart the program", "closes it without a goodbye and opens it on the same store", `I restart the program`, w.restart},
		{"{who} succeeds", "the command ended without an error", `it succeeds`, w.succeeds},
		{"{who} fails with {text}, error {number}", "the error has this text and the original's number", `it fails with "not connected", error -36`, w.failsWith},
		{"the failed messages are {list}", "the messages that the last command reports as failed while the others were fetched", `the failed messages are "Invoice"`, w.failedMessages},
		{"{int} message(s) came and {int} were there before", "how many messages the last command stored, and how many it did not fetch again", `2 messages came and 3 were there before`, w.came},
		{"the progress shows {text} ({int}), step {text} ({int})", "phase and step of the latest command, with the original's numbers", `the progress shows "copy new mail" (9), step "disconnecting" (6)`, w.progressShows},
		{"the progress of what I began stays at {text} ({int})", "the step at which the command was stopped, with the original's number",
			`the progress of what I began stays at "copying" (1)`, w.progressStays},
		{"the progress counts {int} message(s), {int} to go", "in the current step; waits for it while the command runs", `the progress counts 3 messages, 2 to go`, w.progressCounts},
		{"the progress shows {measure}", "how much of the current message has arrived, or the size of everything that the command fetches", `the progress shows a part of "Photos"`, w.progressMeasures},
	}
}

func (w *world) do(ctx context.Context, words string) (err error) {
	if w.last, err = w.invoke(ctx, words); err == nil {
		_ = w.wait(w.last) // the scenario says what it expects
	}
	return err
}

func (w *world) beginTo(ctx context.Context, words string) (err error) {
	if w.begun, err = w.invoke(ctx, words); err != nil {
		return err
	}
	return errors.Join(w.begun.refused, w.untilSilent(w.begun))
}

// untilSilent waits until the server has fallen silent, if a step asked for that.
func (w *world) untilSilent(r result) error {
	if w.silence == nil {
		return nil
	}
	select {
	case <-w.silence.reached:
		return nil
	case <-r.operation.Done():
		return errors.New("the command ended before the server fell silent")
	case <-time.After(w.patience):
		return errors.New("the server did not fall silent")
	}
}

func (w *world) cancel() {
	begun := w.given(whatIBegan)
	begun.operation.Cancel()
	_ = w.wait(begun) // the scenario says what it expects
}

func (w *world) selects(ctx context.Context, list string) error {
	// Hidden entries too: a program may still show an entry that was hidden meanwhile.
	entries, err := w.store.Children(ctx, w.place(ctx, "mailbox"))
	w.selection = nil
	for _, subject := range subjects(list) {
		e := find(entries, subject)
		w.Expect(e).NotTo(gomega.BeNil(), "no entry %q to select", subject)
		w.selection = append(w.selection, e.ID)
	}
	return err
}

func (w *world) collectIn(ctx context.Context, folderName string) error {
	if w.into = 4711; folderName == noFolder {
		return nil
	}
	b := w.store.NewBatch()
	folder := store.Entry{Parent: store.Local, Type: store.TypeFolder, Name: subjects(folderName)[0]}
	b.Add(&folder)
	err := b.Commit(ctx)
	w.into = folder.ID
	return err
}

func (w *world) leaveOut(kilobytes int) { w.maxSize = int64(kilobytes) << 10 }

func (w *world) waitNoLonger(seconds int) error {
	w.timeout = time.Duration(seconds) * time.Second
	if w.client == nil {
		return nil
	}
	return errors.Join(w.client.Close(), w.openClient())
}

func (w *world) restart() error {
	if err := w.closeProgram(); err != nil {
		return err
	}
	if err := w.openStore(); err != nil {
		return err
	}
	return w.openClient()
}

// outcome returns the error with which a {who} ended. It waits for an open connection to end.
func (w *world) outcome(who string) error {
	if who != theConnection {
		return w.wait(w.given(who))
	}
	w.Expect(w.client).NotTo(gomega.BeNil(), "no step before this one has connected")
	w.Eventually(w.client.Err).WithTimeout(w.patience).Should(gomega.HaveOccurred())
	return w.client.Err()
}

func (w *world) succeeds(who string) {
	w.Expect(w.outcome(who)).To(gomega.Succeed())
}

func (w *world) failsWith(who, text string, number int) {
	err := w.outcome(who)
	w.Expect(err).To(gomega.MatchError(gomega.ContainSubstring(text)))
	w.Expect(mtm.Code(err)).To(gomega.Equal(number), "%v", err)
}

func (w *world) failedMessages(list string) {
	var failed []string
	if failure, ok := errors.AsType[*mtm.Error](w.wait(w.given(it))); ok {
		for _, f := range failure.Failed {
			failed = append(failed, w.subject(f.UID))
		}
	}
	w.Expect(failed).To(gomega.ConsistOf(subjects(list)))
}

func (w *world) came(stored, there int) {
	r := w.given(it)
	w.Expect(r.operation).NotTo(gomega.BeNil(), "the command was refused: %v", r.refused)
	got := r.operation.Result()
	w.Expect(got.Messages).To(gomega.HaveLen(stored))
	w.Expect(got.AlreadyThere).To(gomega.Equal(there))
}

// progressUntil returns the progress once it is as wanted, or the last one of a command that has
// ended.
func (w *world) progressUntil(wanted func(progress.Snapshot) bool) progress.Snapshot {
	op, tooLong := w.newest, time.After(w.patience)
	w.Expect(op).NotTo(gomega.BeNil(), "no step before this one has given a command")
	for !wanted(op.Progress()) {
		select {
		case _, running := <-op.Changed():
			if !running {
				return op.Progress()
			}
		case <-tooLong:
			return op.Progress()
		}
	}
	return op.Progress()
}

func (w *world) progressShows(phase string, phaseNumber int, step string, stepNumber int) {
	p := w.progressUntil(func(p progress.Snapshot) bool { return int(p.SubPhase) == stepNumber })
	w.Expect(p.Phase.String()).To(gomega.Equal(phase))
	w.Expect(p.Phase).To(gomega.BeEquivalentTo(phaseNumber))
	w.Expect(p.SubPhase.String()).To(gomega.Equal(step))
	w.Expect(p.SubPhase).To(gomega.BeEquivalentTo(stepNumber))
	w.Expect(p.Service).To(gomega.BeEquivalentTo(w.account))
}

func (w *world) progressStays(step string, number int) {
	p := w.given(whatIBegan).operation.Progress()
	w.Expect(p.SubPhase.String()).To(gomega.Equal(step))
	w.Expect(p.SubPhase).To(gomega.BeEquivalentTo(number))
}

func (w *world) progressCounts(total, left int) {
	p := w.progressUntil(func(p progress.Snapshot) bool { return p.TotalMessages == total && p.MessagesToProcess == left })
	w.Expect(p.TotalMessages).To(gomega.Equal(total))
	w.Expect(p.MessagesToProcess).To(gomega.Equal(left))
}

func (w *world) progressMeasures(measure string) {
	if list, ok := strings.CutPrefix(measure, "the size of "); ok {
		w.progressSize(list)
		return
	}
	size := w.letter(subjects(measure)[0]).Size()
	p := w.progressUntil(func(p progress.Snapshot) bool { return p.TotalBytes == size && p.BytesDone > 0 })
	w.Expect(p.TotalBytes).To(gomega.Equal(size))
	w.Expect(p.BytesDone).To(gomega.And(gomega.BeNumerically(">", 0), gomega.BeNumerically("<", size)))
}

func (w *world) progressSize(list string) {
	var sum int64
	for _, subject := range subjects(list) {
		sum += w.letter(subject).Size()
	}
	p := w.progressUntil(func(p progress.Snapshot) bool { return p.TotalSize == sum })
	w.Expect(p.TotalSize).To(gomega.Equal(sum))
}
