export { startStandalone } from './app.js';
