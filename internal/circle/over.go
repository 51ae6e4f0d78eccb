package circle

import "backchannel/internal/record"

// Over has c read its entries from a later projection of the same record. What
// that has more must be given to Add.
func (c *Circle) Over(p *record.Projection) { c.p = p }
