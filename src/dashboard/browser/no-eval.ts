import { config } from 'zod';

// zod would compile its schemas where it may, and asks by trying: the page's policy would report that as a violation.
// Schemas ask while modules load, so this module must come before all that have one.
config({ jitless: true });
