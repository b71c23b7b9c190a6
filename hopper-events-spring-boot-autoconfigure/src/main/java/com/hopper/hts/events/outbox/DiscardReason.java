/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package com.hopper.hts.events.outbox;

/**
 * Why an event was dropped.
 *
 * @since 0.1.0
 */
public enum DiscardReason {

	/**
	 * The memory outbox was full.
	 */
	OVERFLOW,

	/**
	 * The transaction in which it was stored was not committed.
	 */
	ROLLED_BACK,

	/**
	 * The application ended before the memory outbox could deliver it.
	 */
	SHUTDOWN,

	/**
	 * {@code hopper.enabled} is {@code false}.
	 */
	DISABLED,

	/**
	 * An operator discarded it.
	 */
	OPERATOR

}
