package report

// List is the photos of a page with their classes, of which a reader makes another one: a table of text that a command takes.
type List struct {
	File    string      // what it is saved as
	Words   []string    // what to do with it
	Classes []ListClass // that a photo can be given
	Head    string      // the first line
	Lines   []string    // of the photos: cells of file, class and set, and the end of the line
}

// ListClass is a class, and how the list has it.
type ListClass struct{ Name, Cell string }

// listSection is where it stands.
var listSection = Content{"list", "Your list"}

// writeList writes the list, for readers with JavaScript and without.
func (c *Cards) writeList() error {
	view := struct {
		Content
		List
	}{listSection, *c.list}
	view.Words, view.Classes = nil, nil
	for _, text := range c.list.Words {
		view.Words = append(view.Words, clean(text))
	}
	for _, class := range c.list.Classes {
		view.Classes = append(view.Classes, ListClass{clean(class.Name), class.Cell})
	}
	return c.execute("cards-list", view)
}
