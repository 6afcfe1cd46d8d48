package store

import "context"

// AddNamed adds an entry unless its parent has one of the same type and name already: then e.ID
// becomes that entry's at Commit, existed becomes true, and nothing is added. So two programs that
// make one folder at the same time make one. An entry that is InPreparation is so no longer once a
// second one was to be added: see Withdraw.
func (b *Batch) AddNamed(e *Entry, existed *bool) {
	b.do(func(t *commit) error { return t.addNamed(e, existed) })
}

func (t *commit) addNamed(e *Entry, existed *bool) error {
	if err := t.insert(); err != nil { // the other one may be of this batch
		return err
	}
	id, found, err := t.c.number(context.Background(),
		"SELECT id FROM entries WHERE parent = ? AND type = ? AND name = ? ORDER BY id LIMIT 1", e.Parent, int(e.Type), e.Name)
	if *existed = found; err != nil || !found {
		if err == nil {
			err = t.add(e, nil)
		}
		return err
	}
	e.ID = ID(id)
	return t.setFlags([]ID{e.ID}, 0, InPreparation)
}

// Withdraw deletes an entry that is still InPreparation and has nothing below it; any other one
// stays. It undoes AddNamed where nobody else has come to use the entry.
func (b *Batch) Withdraw(id ID) { b.do(func(t *commit) error { return t.withdraw(id) }) }

func (t *commit) withdraw(id ID) error {
	if err := t.insert(); err != nil {
		return err
	}
	_, unused, err := t.c.number(context.Background(), `SELECT id FROM entries WHERE id = ? AND flags & ? <> 0
		AND NOT EXISTS (SELECT 1 FROM entries AS below WHERE below.parent = entries.id)`, id, InPreparation)
	if err != nil || !unused {
		return err
	}
	return t.remove([]ID{id})
}
