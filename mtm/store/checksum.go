package store

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
)

// Each row of entries has a checksum: the sum of the CRC-32C of its texts, the CRC-32C of its UID, and its
// numbers. A changed bit of a row changes it. Numbers and the UID are added, so that statements that change a few
// columns of many rows can change the checksum too, without reading the rest.

// rowDigest computes checksums of rows; it is reused, not safe for concurrent use.
type rowDigest struct{ buf []byte }

// The columns of entryColumns that are texts, and where the UID, the size and the date are.
const (
	columnSize     = 4
	columnFlags    = 5
	columnUID      = 7
	columnDate     = 13
	columnTexts    = 17 // and all behind it, up to the checksum
	columnChecksum = 21
)

// of returns the checksum of a row in the order of entryColumns.
func (d *rowDigest) of(column func(i int) driver.Value) int64 {
	var sum int64
	for i := range columnTexts {
		switch i {
		case columnUID, columnDate:
		case columnSize:
			sum += sizeTerm(asInt(column(i)))
		default:
			sum += asInt(column(i))
		}
	}
	d.buf = d.buf[:0]
	if date, ok := column(columnDate).(int64); ok {
		d.buf = binary.LittleEndian.AppendUint64(d.buf, uint64(date))
	}
	for i := columnTexts; i < columnChecksum; i++ {
		text := asText(column(i))
		d.buf = binary.AppendUvarint(d.buf, uint64(len(text)))
		d.buf = append(d.buf, text...)
	}
	sum += int64(crc32.Checksum(d.buf, castagnoli()))
	d.buf = append(d.buf[:0], asText(column(columnUID))...)
	return sum + int64(crc32.Checksum(d.buf, castagnoli()))
}

// sizeTerm is what a size adds to the checksum; one that a server made up does not make it overflow.
func sizeTerm(size int64) int64 { return size&0xFFFFFFFF + size>>32&0xFFFFFFFF }

// sizeTermSQL is sizeTerm of an expression.
func sizeTermSQL(size string) string {
	return strings.ReplaceAll("((X & 0xFFFFFFFF) + ((X >> 32) & 0xFFFFFFFF))", "X", size)
}

// shownRow reads a row of shownColumns and verifies it.
func (d *rowDigest) shownRow(row []driver.Value, e *Entry) error {
	scanEntry(row, e)
	sum := d.of(func(i int) driver.Value {
		if i == columnFlags {
			i = entryColumnCount // as they are stored
		}
		return row[i]
	})
	if sum != asInt(row[columnChecksum]) {
		return fmt.Errorf("entry %d: %w: its row in the index is not what was written; "+
			"salvage what is whole into a new store", e.ID, ErrCorrupt)
	}
	return nil
}

// bindChecksum sets the last argument of a row that is bound.
func (d *rowDigest) bindChecksum(a []driver.NamedValue) {
	bindInt(&a[columnChecksum], d.of(func(i int) driver.Value { return a[i].Value }))
}

// fillChecksums gives the rows of a store of version 4 their checksums.
func fillChecksums(c *conn) error {
	type summed struct{ id, sum int64 }
	var d rowDigest
	for after := int64(-1 << 62); ; {
		var list []summed
		err := c.query(context.Background(), "SELECT "+entryColumns+" FROM entries WHERE id > ? ORDER BY id LIMIT 1000",
			func(row []driver.Value) error {
				list = append(list, summed{asInt(row[0]), d.of(func(i int) driver.Value { return row[i] })})
				return nil
			}, after)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, one := range list {
			if _, err := c.exec(context.Background(), "UPDATE entries SET checksum = ? WHERE id = ?", one.sum, one.id); err != nil {
				return err
			}
		}
		after = list[len(list)-1].id
	}
}
