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
package com.hopper.hts.events.actuate;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

import com.hopper.hts.events.http.AttemptFailure;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.audit.listener.AuditApplicationEvent;
import org.springframework.context.ApplicationEventPublisher;

/**
 * Keeps a record of what operators do: an {@link AuditEvent} for Actuator, and one line
 * in the log.
 */
class OperatorAudit {

	private static final Log logger = LogFactory.getLog(OperatorAudit.class);

	private final ApplicationEventPublisher eventPublisher;

	OperatorAudit(ApplicationEventPublisher eventPublisher) {
		this.eventPublisher = eventPublisher;
	}

	/**
	 * Record what was done.
	 * @param operator who did it
	 * @param action what was done
	 * @param count how many events it was done to, or {@code null} if it was not about
	 * events
	 * @param details what else is to be known, without secrets and full session ids
	 */
	void record(String operator, String action, @Nullable Long count, Map<String, ?> details) {
		Map<String, @Nullable Object> data = new LinkedHashMap<>();
		if (count != null) {
			data.put("count", count);
		}
		data.putAll(details);
		logger.info("Operator " + AttemptFailure.line(operator) + ": " + action + " " + data);
		try {
			this.eventPublisher.publishEvent(new AuditApplicationEvent(
					new AuditEvent(operator, "HOPPER_EVENTS_" + action.toUpperCase(Locale.ROOT), data)));
		}
		catch (Throwable ex) {
			// The operation itself succeeded and is in the log, so it must not fail here
			logger.warn("The audit event of what an operator did (" + action + ") was lost", ex);
		}
	}

}
