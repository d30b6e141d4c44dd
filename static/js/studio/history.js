// Undo and redo over values that are never changed in place.

export class History {
  constructor(initial) {
    this.reset(initial);
  }

  reset(initial) {
    this.past = [];
    this.future = [];
    this.value = initial;
  }

  commit(value) {
    this.past.push(this.value);
    this.future = [];
    this.value = value;
  }

  get canUndo() {
    return this.past.length > 0;
  }

  get canRedo() {
    return this.future.length > 0;
  }

  undo() {
    if (!this.canUndo) return false;
    this.future.push(this.value);
    this.value = this.past.pop();
    return true;
  }

  redo() {
    if (!this.canRedo) return false;
    this.past.push(this.value);
    this.value = this.future.pop();
    return true;
  }
}
