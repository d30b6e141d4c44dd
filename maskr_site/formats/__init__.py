"""How the pages and the admin write dates where no template says it: never month before day."""
