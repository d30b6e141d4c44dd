// What every tool is: something that is pointed with, drawn, and asked for a request.

export class Tool {
  constructor(page) {
    this.page = page;
  }

  // A new picture, or none of what was done to the old one.
  reset() {}

  // The pointer, in pixels of the picture.
  down() {}

  move() {}

  up() {}

  cancel() {}

  hover() {}

  // The crosshair of the keyboard.
  travel() {}

  // Whether the key meant something.
  key() {
    return false;
  }

  paint() {}

  undo() {}

  redo() {}
}
